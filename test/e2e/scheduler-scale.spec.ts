import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MONITORS = 100_000;
const SECONDS = 10;

/** What bench/schedule-scale.mjs prints with --json. */
interface Figures {
  monitors: number;
  seconds: number;
  ticks: number;
  batches: number;
  early: number;
  storeCalls: Record<string, number>;
  rssMb: number;
  unseen: { added: number; edited: number };
  took: { deleted: number };
  exitCode: number;
}

/** The bench itself, for what holds on any machine; how fast it is, it prints where nothing else runs. */
it(`one scheduler carries ${MONITORS} monitors`, async () => {
  const args = ['bench/schedule-scale.mjs', String(SECONDS), `--monitors=${MONITORS}`, '--json', '--hurry'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, timeout: 150_000 });
  const found = JSON.parse(stdout) as Figures;
  expect(found).toMatchObject({ monitors: MONITORS, early: 0, exitCode: 0 });
  expect(found.rssMb).toBeLessThan(400);

  // Intervals are 20, 21, ... 120 s, as many of each.
  const intervals = Array.from({ length: 101 }, (_, i) => 20 + i);
  const perSecond = intervals.reduce((sum, s) => sum + 1 / s, 0) * (MONITORS / intervals.length);
  const wanted = perSecond * found.seconds;
  expect(found.ticks).toBeGreaterThan(wanted * 0.5);
  expect(found.ticks).toBeLessThan(wanted * 1.5);

  // Each delta sync reads pages of thousands, of monitors that were edited of late; a tick reads nothing.
  const calls = Object.values(found.storeCalls).reduce((sum, count) => sum + count, 0);
  expect(calls).toBeLessThan(found.ticks / 100);

  expect(found.unseen).toEqual({ added: 0, edited: 0 });
}, 180_000);
