// How late are ticks, and do they drift?
//   node bench/emitter.mjs [seconds=600]
// Starts a target and Carillon with the Event Propagator's variables at a period of one second (`npm run build` first).
// The planned time of each message is in its key; the target notes on the same clock when the request has arrived.
// Prints percentiles of arrival minus planned, the intervals between arrivals, the drift (the slope of a line through
// arrival minus planned), and the books.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SECONDS = Number(process.argv[2] ?? 600);
const folder = mkdtempSync(join(ROOT, '.bench-'));
const arrivals = [];

const target = createServer((request, response) => {
  const at = performance.timeOrigin + performance.now();
  const planned = Number(/-(\d+)$/.exec(request.headers['idempotency-key'])[1]);
  arrivals.push({ planned, late: at - planned });
  request.resume().on('end', () => response.writeHead(201).end());
});
target.listen(0, '127.0.0.1');
await once(target, 'listening');

writeFileSync(join(folder, 'payloads.json'), '[{"event_type": 1, "event_payload": 10}]');
const child = spawn(process.execPath, [join(ROOT, 'dist/main.js')], {
  env: {
    PATH: process.env.PATH,
    PORT: '0',
    MODULES: 'emitter,health',
    DATA_FOLDER: join(folder, 'data'),
    PERIOD_IN_SECONDS: '1',
    HTTP_POST_ENDPOINT: `http://127.0.0.1:${target.address().port}/event`,
    PAYLOAD_FILE_PATH: join(folder, 'payloads.json'),
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
let url;
for await (const line of createInterface({ input: child.stdout })) {
  url = /listens on (\S+)/.exec(line)?.[1];
  if (url) break;
}
child.stdout.resume();
await delay(SECONDS * 1000);
const { emitters } = await (await fetch(`${url}/emitters`)).json();
const metrics = await (await fetch(`${url}/metrics`)).text();
child.kill('SIGTERM');
const [code] = await once(child, 'exit');
target.closeAllConnections();
target.close();
rmSync(folder, { recursive: true });

const sorted = arrivals.map(({ late }) => late).sort((a, b) => a - b);
const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(2);
const gaps = arrivals.slice(1).map(({ planned }, i) => planned - arrivals[i].planned);
console.log(`${arrivals.length} messages in ${SECONDS} s, exit code ${code}`);
console.log(`arrival - planned, ms: p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, max ${at(1)}`);
console.log(`planned times apart, ms: ${[...new Set(gaps)].join(', ')}`);
console.log(`drift: ${slope(arrivals).toFixed(4)} ms an hour`);
console.log(`lateness at the send: ${percentileOf(metrics, 0.99)}`);
console.log(JSON.stringify(emitters[0].books));

/** Least squares, in ms an hour. */
function slope(points) {
  const x0 = points.reduce((sum, { planned }) => sum + planned, 0) / points.length;
  const y0 = points.reduce((sum, { late }) => sum + late, 0) / points.length;
  const up = points.reduce((sum, { planned, late }) => sum + (planned - x0) * (late - y0), 0);
  const down = points.reduce((sum, { planned }) => sum + (planned - x0) ** 2, 0);
  return (up / down) * 3_600_000;
}

/** The bucket of the histogram in which that share lies. */
function percentileOf(text, share) {
  const buckets = [...text.matchAll(/emitter_lateness_seconds_bucket\{le="([^"]+)"[^}]*\} (\d+)/g)];
  const total = Number(buckets.at(-1)[2]);
  const found = buckets.find(([, , count]) => Number(count) >= share * total);
  return `p99 at most ${found[1]} s of ${total}`;
}
