// How late are ticks on a machine that is busy, and do they drift?
//   npm run bench -- emitter [seconds=300]
// Needs Python 3. A process that turns in a circle on each core; side by side, so that both meet the same moments, Carillon
// with the Event Propagator's variables and an asyncio loop that posts and sleeps (bench/peers/aiohttp_propagator.py), both
// at a period of one second, each with a target of its own. The targets are one process, which notes when a request came.
// Left out are each one's ticks of the first ten seconds after both have begun, in which they still load code.
//
// Lateness: how far an arrival lies above the contestant's own earliest one, its own drift taken out, which the loop profits
// from: it never meets its plan again. Carillon's is told against its planned times too (the request's way included).
// Drift: the slope of arrivals against whole seconds. It is none when zero lies in the interval in which that slope is
// with a certainty of 99 % (support/figures.mjs), give or take a millisecond over the run: no timer is finer.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Figure, beyondZero, latenessOf, shown, slopeOf } from './support/figures.mjs';
import { killWhenInterrupted } from './support/interrupted.mjs';
import { ROOT, inRoot, start, startCarillon } from './support/processes.mjs';
import { pythonBin } from './support/python.mjs';

const PERIOD_MS = 1000;
const WARM_UP_MS = 10_000;
const HOUR_MS = 3_600_000;

async function startTarget() {
  const arrivals = [];
  const server = createServer((request, response) => {
    const at = performance.timeOrigin + performance.now();
    const key = request.headers['idempotency-key'];
    arrivals.push({ at, planned: key ? Number(/-(\d+)$/.exec(key)[1]) : null });
    request.resume().on('end', () => response.writeHead(201).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => (server.closeAllConnections(), server.close());
  return { arrivals, url: `http://127.0.0.1:${server.address().port}/event`, close };
}

/** Of arrivals, one a period: lateness in ms, the slope in ms an hour. */
function analysed(arrivals) {
  const points = arrivals.map(({ at }, k) => ({ x: k * PERIOD_MS, y: at - arrivals[0].at - k * PERIOD_MS }));
  const line = slopeOf(points);
  const rest = points.map(({ x, y }) => y - line.slope * x);
  const least = Math.min(...rest);
  const hourly = Object.fromEntries(Object.entries(line).map(([what, slope]) => [what, slope * HOUR_MS]));
  return { messages: points.length, late: latenessOf(rest.map((each) => each - least)), drift: hourly };
}

/** @throws when planned times are not a second apart, or the books do not fit */
async function checked(url, { arrivals }) {
  const gaps = new Set(arrivals.slice(1).map(({ planned }, k) => planned - arrivals[k].planned));
  const { emitters } = await (await fetch(`${url}/emitters`)).json();
  const { planned, delivered, in_flight: inFlight } = emitters[0].books;
  const isRight = gaps.size === 1 && gaps.has(PERIOD_MS) && planned === delivered + inFlight;
  if (!isRight) throw new Error(`gaps ${[...gaps]}, books ${JSON.stringify(emitters[0].books)}`);
}

function startOurs(target, folder) {
  return startCarillon({
    MODULES: 'emitter,health',
    DATA_FOLDER: join(folder, 'data'),
    PERIOD_IN_SECONDS: String(PERIOD_MS / 1000),
    HTTP_POST_ENDPOINT: target.url,
    PAYLOAD_FILE_PATH: join(folder, 'payloads.json'),
  });
}

const startTheirs = (target) =>
  start(
    join(pythonBin(), 'python'),
    [inRoot('bench/peers/aiohttp_propagator.py'), target.url, String(PERIOD_MS / 1000)],
    { isUp: /propagating/ },
  );

export default {
  name: 'emitter',
  title: 'Emitter: a period of one second on a busy machine',
  async run({ args: [seconds = 300], say }) {
    pythonBin();
    const folder = mkdtempSync(join(ROOT, '.bench-'));
    writeFileSync(join(folder, 'payloads.json'), '[{"event_type": 1, "event_payload": 10}]');
    const targets = [await startTarget(), await startTarget()];
    const burners = cpus().map(() =>
      killWhenInterrupted(spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' })),
    );
    const running = [];
    try {
      running.push(await startOurs(targets[0], folder), await startTheirs(targets[1]));
      await delay(WARM_UP_MS);
      targets.forEach(({ arrivals }) => arrivals.splice(0));
      say(`${seconds} s, ${burners.length} cores kept busy`);
      await delay(seconds * 1000);
      await checked(running[0].url, targets[0]);
      const [ours, theirs] = targets.map(({ arrivals }) => arrivals);
      return report({ ours, theirs, seconds });
    } finally {
      burners.forEach((burner) => burner.kill('SIGKILL'));
      await Promise.all(running.map((each) => each.stop()));
      targets.forEach((target) => target.close());
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function report(arrivals) {
  const [ours, theirs] = [analysed(arrivals.ours), analysed(arrivals.theirs)];
  const planned = latenessOf(arrivals.ours.map(({ at, planned: plannedAt }) => at - plannedAt));
  const head = ['period 1 s', 'lateness p99 ms', 'p50 ms', 'max ms', 'messages', 'drift, ms an hour (99 %)'];
  const interval = ({ slope, least, most }) => `${shown(slope)} (${shown(least)} to ${shown(most)})`;
  const row = (name, { messages, late, drift }) => [
    name,
    new Figure(late.p99),
    shown(late.p50),
    shown(late.max),
    String(messages),
    drift && interval(drift),
  ];
  const millisecond = HOUR_MS / (arrivals.seconds * 1000);
  return {
    tables: [
      [
        head,
        row('carillon', ours),
        row('asyncio, aiohttp', theirs),
        [...row('carillon, against its plan', { messages: ours.messages, late: planned }).slice(0, 5), ''],
      ],
    ],
    aims: [
      ['lateness p99 to the loop', ours.late.p99 / theirs.late.p99, '<=', 1],
      ['drift beyond the interval, ms an hour', beyondZero(ours.drift), '<=', millisecond],
    ],
    notes: [
      'The loop loses the time of each post and of each late waking; a grid has nothing to lose. What is wanted of the drift is a millisecond over the run.',
    ],
    raw: { ours, theirs, planned },
  };
}
