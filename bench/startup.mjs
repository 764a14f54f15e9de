// How soon is it ready, and what does it cost to be there?
//   npm run bench -- startup [rounds=5] [idleSeconds=60]
// All parts on embedded drivers, in an empty folder: from the start of the process until /health/ready answers 200; then,
// resident memory after ten seconds, and after thirty, when V8 has given back what the start took; and from then on the CPU of
// a minute in which nobody asks for anything.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuSeconds, memoryMb, startCarillon } from './support/processes.mjs';
import { figures } from './support/report.mjs';

const SOON_MS = 10_000;
const SETTLE_MS = 20_000;

/** Starts all parts of the build in `dist` in an empty folder; seconds until they are ready. */
export async function startUp(folder, dist) {
  const began = performance.now();
  const env = { DATA_FOLDER: join(folder, 'data'), OUTPUT_FOLDER: join(folder, 'messages') };
  const service = await startCarillon(env, dist);
  while ((await fetch(`${service.url}/health/ready`)).status !== 200) await delay(5);
  return { service, ready: (performance.now() - began) / 1000 };
}

export default {
  name: 'startup',
  title: 'Start and idleness: all parts, embedded',
  async run({ args: [rounds = 5, idleSeconds = 60], say }) {
    const seen = figures();
    for (let round = 1; round <= rounds; round++) {
      const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'));
      const { service, ready } = await startUp(folder);
      const figure = { ready };
      if (round === rounds) {
        await delay(SOON_MS);
        figure.soon = memoryMb(service.pid).now;
        await delay(SETTLE_MS);
        const before = cpuSeconds(service.pid);
        await delay(idleSeconds * 1000);
        figure.cpu = ((cpuSeconds(service.pid) - before) / idleSeconds) * 100;
        figure.memory = memoryMb(service.pid).now;
      }
      await service.stop();
      rmSync(folder, { recursive: true, force: true });
      seen.add('carillon', figure);
      say(`round ${round}  ready in ${ready.toFixed(2)} s`);
    }
    const [ready, memory, cpu] = ['ready', 'memory', 'cpu'].map((what) => seen.median('carillon', what));
    return {
      tables: [
        [
          [
            'all parts, embedded',
            'start to ready, s',
            'memory after 10 s, MB',
            'idle, MB',
            'idle CPU, % of a core',
          ],
          ['carillon', ...['ready', 'soon', 'memory', 'cpu'].map((what) => seen.spread('carillon', what))],
        ],
      ],
      aims: [
        ['start to ready, s', ready, '<=', 2],
        ['idle memory, MB', memory, '<=', 150],
        ['idle CPU, % of a core', cpu, '<=', 0.5],
      ],
      raw: seen.raw,
    };
  },
};
