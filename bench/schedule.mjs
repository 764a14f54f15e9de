// What does it cost to know when 1,000, 10,000 and 100,000 entries are due?
//   npm run bench -- schedule [seconds=20] [rounds=3] [most=100000] [least=1000]
// Needs Go and npm. Periods are 20 to 120 s; each round, in turn and each with a process of its own: Carillon's leader on
// monitors in an SQLite file, with a queue that takes every task and forgets it; robfig/cron with `@every Ns`; the
// packages cron and croner with the cron lines nearest to those periods (support/grids.mjs). The others' ticks only count.
//
// After 30 s (robfig/cron: 60 s, since its entries all begin together and its ticks get to their usual number only then)
// ticks are measured for so long, and counted against those that the grids owe in that time. Then all entries are read anew: Carillon by POST /scheduler/sync, which compares all rows of the database
// with what it has and moves no tick; the others take every entry out and put it in again.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { phase } from '../dist/modules/scheduler/time/phase.js';
import { goProgram, npmFolder } from './support/cached.mjs';
import { Figure, latenessOf, shown } from './support/figures.mjs';
import { cronLine, owedByAll } from './support/grids.mjs';
import { cpuSeconds, inRoot, memoryMb, output } from './support/processes.mjs';
import { figures } from './support/report.mjs';
import { fillMonitors, loaded, periodOf, schedulerEnv, startScheduler } from './support/scheduler.mjs';
import { CRON, versionOf } from './support/versions.mjs';

const SIZES = [1000, 10_000, 100_000];
const REST_S = 30;
const ROBFIG_REST_S = 60;
/** The Peekaping producer reads all anew so often: docs/coming-from-peekaping.md. */
const RESYNC_EACH_MIN = 5;
/** Its delta sync reads again what was edited within 30 s: monitors are filled in before that. */
const SETTLED_MS = 35_000;
/** Past its time, a tick of the window may still come. */
const LATE_MS = 1500;
const PATIENCE_MS = 180_000;

/** @throws when a tick is missing or comes twice, or a full resync finds a change */
async function ours(monitors, folder, seconds) {
  const own = mkdtempSync(join(folder, 'data-'));
  const env = { ...schedulerEnv(own), DB_NAME: join(folder, 'monitors.db') };
  const peer = await startScheduler(env, 'silent');
  try {
    const { tookMs } = await loaded(peer.url);
    await delay(REST_S * 1000);
    await peer.ask('reset');
    const before = cpuSeconds(peer.pid);
    const window = { from: Date.now(), to: Date.now() + seconds * 1000 };
    await delay(seconds * 1000);
    const cpu = cpuSeconds(peer.pid) - before;
    await delay(LATE_MS);
    const { lateness, planned } = await peer.ask('figures');
    const seen = lateness.filter((_, at) => planned[at] > window.from && planned[at] <= window.to);
    const { now: rss } = memoryMb(peer.pid);
    const grids = monitors.map(({ id, interval }) => ({
      phase: phase(id, interval * 1000),
      period: interval * 1000,
    }));
    const resync = await resyncOurs(peer, monitors.length);
    await peer.ask('stop');
    const found = {
      ...{ ticks: seen.length, owed: owedByAll(grids, window), late: latenessOf(seen) },
      ...{ load: tookMs / 1000, cpu, rss, ...resync, isWhole: true },
    };
    if (found.ticks !== found.owed) throw new Error(`carillon: ${found.ticks} ticks, ${found.owed} owed`);
    return found;
  } finally {
    peer.kill();
    rmSync(own, { recursive: true });
  }
}

async function resyncOurs({ url, pid }, count) {
  const [began, before] = [performance.now(), cpuSeconds(pid)];
  const answer = await fetch(`${url}/scheduler/sync`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  const report = await answer.json();
  const isRight =
    answer.status === 200 && report.read === count && report.monitors === count && report.updated === 0;
  if (!isRight) throw new Error(`carillon: resync ${answer.status} ${JSON.stringify(report)}`);
  return { resync: (performance.now() - began) / 1000, resyncCpu: cpuSeconds(pid) - before };
}

/** `gridsOf(base)` of its entries. */
async function theirs(command, args, gridsOf) {
  const found = JSON.parse(await output(command, args.map(String), { timeout: PATIENCE_MS }));
  return { ...found, owed: owedByAll(gridsOf(found.base), found.window) };
}

function contestants() {
  const folder = npmFolder([`cron@${CRON}`, `croner@${versionOf('croner')}`]);
  const entries = (size, of) => Array.from({ length: size }, (_, n) => of(n));
  const jsCron = (library) => ({
    name: `${library} (JavaScript)`,
    measure: ({ size, seconds }) =>
      theirs(
        process.execPath,
        [inRoot('bench/peers/js-cron.mjs'), folder, library, size, REST_S, seconds],
        () => entries(size, (n) => cronLine(n, periodOf(n)).grid),
      ),
  });
  return [
    {
      name: 'carillon',
      measure: ({ monitors, folder: home, seconds }) => ours(monitors, home, seconds),
    },
    {
      name: 'robfig/cron (Go)',
      measure: ({ size, seconds }) =>
        theirs(goProgram('robfig-cron'), [size, ROBFIG_REST_S, seconds], (base) =>
          entries(size, (n) => ({ phase: base, period: periodOf(n) * 1000 })),
        ),
    },
    jsCron('cron'),
    jsCron('croner'),
  ];
}

/** The monitors of each size, in a folder of its own. */
async function filled(root, sizes) {
  const homes = new Map();
  for (const size of sizes) {
    const folder = join(root, String(size));
    mkdirSync(folder);
    homes.set(size, { size, folder, monitors: await fillMonitors(schedulerEnv(folder), size) });
  }
  await delay(SETTLED_MS);
  return homes;
}

export default {
  name: 'schedule',
  title: 'Schedule: 1,000 to 100,000 entries of 20 to 120 s',
  async run({ args: [seconds = 20, rounds = 3, most = 100_000, least = 1000], say }) {
    const all = contestants();
    goProgram('robfig-cron');
    const root = mkdtempSync(join(tmpdir(), 'carillon-bench-'));
    const seen = figures();
    const out = new Map();
    const sizes = SIZES.filter((size) => size >= least && size <= most);
    try {
      const homes = await filled(root, sizes);
      for (let round = 1; round <= rounds; round++)
        for (const size of sizes)
          for (const { name, measure } of all) {
            const key = `${size} ${name}`;
            if (out.has(key)) continue;
            const found = await measure({ ...homes.get(size), seconds }).catch((error) => {
              if (name === 'carillon') throw error;
              out.set(key, error.message);
            });
            if (found) seen.add(key, figureOf(found, seconds));
            const words = found && `${shown(found.cpu)} s CPU, ${found.ticks} of ${found.owed} ticks`;
            say(`round ${round}  ${shown(size)}  ${name}: ${words ?? `out: ${out.get(key)}`}`);
          }
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
    return report(seen, { all, sizes, out });
  },
};

/** Of one round; CPU in milliseconds of a minute. */
function figureOf({ cpu, ticks, owed, late, ...found }, seconds) {
  const { load, rss, resync, resyncCpu, isWhole } = found;
  const times = { load: load * 1000, resync: resync * 1000, resyncCpu: resyncCpu * 1000 };
  return {
    ...{ cpu: (cpu * 60_000) / seconds, whole: (cpu * 60_000) / seconds + times.resyncCpu / RESYNC_EACH_MIN },
    ...{ perTick: (cpu * 1e6) / ticks, share: (ticks / owed) * 100 },
    ...{ p50: late.p50, p99: late.p99, max: late.max, ...times, rss, isWhole },
  };
}

const COLUMNS = [
  ['cpu', 'CPU, ms a minute'],
  ['perTick', 'CPU us a tick'],
  ['share', 'ticks, % of those owed'],
  ['p50', 'lateness p50 ms'],
  ['p99', 'p99 ms'],
  ['load', 'loading ms'],
  ['resync', 'full resync ms'],
  ['resyncCpu', 'its CPU ms'],
  ['whole', `CPU, ms a minute, with a resync each ${RESYNC_EACH_MIN} min`],
  ['rss', 'memory MB'],
];

function report(seen, { all, sizes, out }) {
  const cell = (key, what) => {
    const figure = seen.spread(key, what);
    const isReckoned = /^resync|^whole/.test(what) && !seen.raw[key].every(({ isWhole }) => isWhole);
    return isReckoned ? new Figure(figure.value, `about ${shown(figure.value)}`) : figure;
  };
  const rowsOf = (size) =>
    all.map(({ name }) => {
      const key = `${size} ${name}`;
      const gone = [out.get(key) ?? '', ...COLUMNS.slice(1).map(() => '')];
      return [name, ...(seen.raw[key] ? COLUMNS.map(([what]) => cell(key, what)) : gone)];
    });
  const tables = sizes.map((size) => [
    [`${shown(size)} entries`, ...COLUMNS.map(([, words]) => words)],
    ...rowsOf(size),
  ]);
  const [most, one, other] = [sizes.at(-1), 'carillon', 'robfig/cron (Go)'];
  const of = (name, what) => seen.median(`${most} ${name}`, what);
  return {
    tables,
    aims: [
      [`${shown(most)}: CPU a minute to robfig/cron`, of(one, 'cpu') / of(other, 'cpu'), '<=', 0.3],
      [
        `${shown(most)}: the same with a full resync each ${RESYNC_EACH_MIN} min`,
        of(one, 'whole') / of(other, 'whole'),
        '<=',
        0.3,
      ],
      [`${shown(most)}: a full resync, ms`, of(one, 'resync'), '<=', 1000],
    ],
    notes: [
      'robfig/cron sorts all entries at each one that is put in: its resync is ended after 30 s where it takes longer, and reckoned from what was done ("about").',
    ],
    raw: seen.raw,
  };
}
