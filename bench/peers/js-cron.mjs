// Schedules entries with a cron library for JavaScript, each with a line of its own (support/grids.mjs):
//   node bench/peers/js-cron.mjs FOLDER cron|croner ENTRIES REST SECONDS
// FOLDER has the library. Prints what bench/schedule.mjs reads: one line of JSON. A resync stops all jobs and makes all anew.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { latenessOf } from '../support/figures.mjs';
import { cronLine, lastTick } from '../support/grids.mjs';

const [folder, library, ...numbers] = process.argv.slice(2);
const [entries, rest, seconds] = numbers.map(Number);
const load = createRequire(join(folder, 'index.js'));
/** Of a timer that fires a little before its time: it belongs to the tick that comes. */
const EARLY_MS = 100;
const ticks = [];
const tick = (grid) => {
  const now = Date.now();
  const planned = lastTick(grid, now + EARLY_MS);
  ticks.push({ planned, late: now - planned });
};

const makers = {
  cron: () => {
    const { CronJob } = load('cron');
    return (line, onTick) => CronJob.from({ cronTime: line, onTick, start: true });
  },
  croner: () => {
    const { Cron } = load('croner');
    return (line, onTick) => new Cron(line, onTick);
  },
};
const make = makers[library]();
const addAll = () =>
  Array.from({ length: entries }, (_, n) => {
    const { grid, line } = cronLine(n, 20 + (n % 101));
    return make(line, () => tick(grid));
  });

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const measured = (work) => {
  const [began, before] = [performance.now(), cpuSeconds()];
  const result = work();
  return { result, seconds: (performance.now() - began) / 1000, cpu: cpuSeconds() - before };
};

const made = measured(addAll);
await delay(rest * 1000);
const window = { from: Date.now(), to: Date.now() + seconds * 1000 };
const before = cpuSeconds();
await delay(seconds * 1000);
const cpu = cpuSeconds() - before;
// The last ticks may be late.
await delay(1500);
const seen = ticks.filter(({ planned }) => planned > window.from && planned <= window.to);
const rss = process.memoryUsage.rss() / 2 ** 20;
const resync = measured(() => {
  for (const job of made.result) job.stop();
  addAll();
});
const answer = {
  ...{ window, ticks: seen.length, late: latenessOf(seen.map(({ late }) => late)) },
  ...{ load: made.seconds, cpu, rss, resync: resync.seconds, resyncCpu: resync.cpu, isWhole: true },
};
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
