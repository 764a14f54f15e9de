// Does any body within the limits hold the event loop for more than 50 ms?
//   node bench/bodies.mjs [rounds=5] [part of a path or name]
// Starts the built service on its embedded drivers, sends bodies that are as dear as the limits allow, one at a time, and
// asks the service for the longest piece of its event loop in between. The figure of a body is the median of the rounds;
// exits 1 when one is above 50 ms. Everything else on the machine counts as well: let nothing else run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { BODIES } from './support/body-shapes.mjs';
import { endWithSignals, killWhenInterrupted, whenInterrupted } from './support/interrupted.mjs';
import { inRoot } from './support/processes.mjs';

const MOST_MS = 50;
const ROUNDS = Number(process.argv[2] ?? 5);
const ONLY = process.argv[3] ?? '';
/** What the service does with a body after it has answered: sinks, consumers. */
const AFTER_MS = 50;

async function startService(folder) {
  const child = spawn(
    process.execPath,
    ['--require', inRoot('bench/support/loop-probe.cjs'), inRoot('dist/main.js')],
    {
      env: {
        PATH: process.env.PATH,
        PORT: '0',
        DATA_FOLDER: join(folder, 'data'),
        OUTPUT_FOLDER: join(folder, 'messages'),
        TMPDIR: folder,
      },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  );
  killWhenInterrupted(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /listens on (http:\/\/[\d.:]+)/.exec(line)?.[1];
    if (!url) continue;
    child.stdout.resume();
    return { child, url };
  }
  throw new Error('the service did not start');
}

async function longestPiece(child) {
  child.send('longest');
  const [longest] = await once(child, 'message');
  return longest;
}

async function send({ child, url }, path, body) {
  await longestPiece(child);
  const isLines = path.endsWith('stream') || path.endsWith(' ');
  const type = isLines ? 'application/x-ndjson' : 'application/json';
  const request = { method: 'POST', headers: { 'content-type': type }, body };
  const { status, text } = await fetch(url + path.trim(), request)
    .then(async (answer) => ({ status: answer.status, text: await beginningOf(answer.body) }))
    .catch(({ cause }) => ({ status: '-', text: `"code":"${cause?.code}"` })); // answered before all of it was read
  await delay(AFTER_MS);
  return { ms: await longestPiece(child), status, code: /"code":"(\w+)"/.exec(text)?.[1] ?? '' };
}

/** Of an answer that is read to its end: a stream's is longer than a string may be. */
async function beginningOf(answer) {
  let text = '';
  for await (const chunk of answer) if (text.length < 100_000) text += Buffer.from(chunk).toString('latin1');
  return text;
}

const sorted = (numbers) => [...numbers].sort((one, other) => one - other);
const row = (cells) => console.log(`| ${cells.join(' | ')} |`);

endWithSignals();
const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'));
const remove = () => rmSync(folder, { recursive: true, force: true });
whenInterrupted(remove);
const service = await startService(folder);
let over = 0;
try {
  row(['to', 'body', 'MB', 'answer', 'longest piece, ms', 'of all rounds']);
  row(['---', '---', '---', '---', '---', '---']);
  for (const { path, name, body } of BODIES.filter((each) => `${each.path} ${each.name}`.includes(ONLY))) {
    const bytes = Buffer.from(body());
    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await send(service, path, bytes));
    const pieces = sorted(rounds.map(({ ms }) => ms));
    const median = pieces[Math.floor(pieces.length / 2)];
    if (median > MOST_MS) over += 1;
    const { status, code } = rounds[0];
    row([
      `${path.trim()}${path.endsWith(' ') ? ' (lines)' : ''}`,
      name,
      (bytes.length / 1e6).toFixed(1),
      `${status} ${code}`,
      `${median.toFixed(0)}${median > MOST_MS ? ' !' : ''}`,
      `${pieces[0].toFixed(0)} to ${pieces.at(-1).toFixed(0)}`,
    ]);
  }
} finally {
  service.child.kill('SIGTERM');
  await once(service.child, 'exit');
  remove();
}
console.log(over === 0 ? 'none is above 50 ms' : `${over} are above ${MOST_MS} ms`);
process.exitCode = over === 0 ? 0 : 1;
