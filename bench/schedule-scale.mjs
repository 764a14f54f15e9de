// How does one scheduler carry very many monitors?
//   node bench/schedule-scale.mjs [seconds=60] [--monitors=100000] [--redis] [--json] [--hurry]
// Monitors of 20 to 120 s lie in an SQLite file; one leader loads them and ticks for so long. Its queue takes every task
// at once and forgets it, so that the CPU time is that of scheduling; with --redis it is a real one (test/servers/redis.sh),
// and the CPU time is that of all. Then 1,000 monitors are added, edited and deleted through the API: how long after the
// API's answer did a tick still follow the old plan, or the first one the new? Before all that it rests for 35 s, so that the
// delta sync, which reads again what was edited within 30 s, does not read all; with --hurry it does not.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { phase } from '../dist/modules/scheduler/time/phase.js';
import { startRedis } from './support/bench-redis.mjs';
import { percentile, shown, table } from './support/figures.mjs';
import { FIELDS, fillMonitors, loaded, schedulerEnv, startScheduler } from './support/scheduler.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    monitors: { type: 'string', default: '100000' },
    redis: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    hurry: { type: 'boolean', default: false },
  },
});
const SECONDS = Number(positionals[0] ?? 60);
const MONITORS = Number(values.monitors);
const CHANGED = 1000;
const QUANTUM_MS = 50;
const REST_MS = 35_000;

const folder = mkdtempSync(join(tmpdir(), 'carillon-scale-'));
const redis = values.redis ? startRedis(Number(process.env.BENCH_REDIS_PORT ?? 26_411)) : null;
const env = { ...schedulerEnv(folder, redis), SCHEDULER_QUANTUM_MS: String(QUANTUM_MS) };

/** Of all monitors, so many at a time; answers when each was answered. */
async function each(items, change) {
  const answeredAt = new Map();
  const left = [...items];
  const work = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) {
      const id = await change(item);
      answeredAt.set(id, Date.now());
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return answeredAt;
}

function requests(url) {
  return async (method, path, body, expected) => {
    const headers = body ? { 'content-type': 'application/json' } : {};
    const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    if (response.status !== expected) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
}

const isOn = (id, at, ms) => (at - phase(id, ms)) % ms === 0;

/** The longest time, milliseconds, between an answer of the API and the moment from which it was so, of all monitors. */
async function changes({ url, ask }) {
  const request = requests(url);
  await ask('watch');
  const numbers = Array.from({ length: CHANGED }, (_, n) => n);
  const added = await each(numbers, async (n) => {
    const fields = { ...FIELDS, name: `added ${n}`, interval: 2 };
    return (await request('POST', '/monitors', fields, 201)).id;
  });
  await delay(3000);
  const ids = [...added.keys()];
  const edited = await each(ids, async (id) => {
    await request('PATCH', `/monitors/${id}`, { interval: 3 }, 200);
    return id;
  });
  await delay(4000);
  const deleted = await each(ids, async (id) => {
    await request('DELETE', `/monitors/${id}`, undefined, 204);
    return id;
  });
  await delay(3000);
  const ticks = new Map(ids.map((id) => [id, []]));
  for (const [id, planned, at] of await ask('watched')) ticks.get(id)?.push({ planned, at });
  const unseen = { added: 0, edited: 0 };
  const took = { added: 0, edited: 0, deleted: 0 };
  for (const [id, seen] of ticks) {
    const after = (since, answers) => since - answers.get(id);
    const newest = (some) => some.reduce((last, { at }) => Math.max(last, at), 0);
    if (seen.length === 0) unseen.added += 1;
    else took.added = Math.max(took.added, after(seen[0].at, added));
    const onOld = seen.slice(1).filter(({ planned }) => isOn(id, planned, 2000) && !isOn(id, planned, 3000));
    if (!seen.some(({ planned, at }) => isOn(id, planned, 3000) && at > edited.get(id))) unseen.edited += 1;
    took.edited = Math.max(took.edited, after(newest(onOld), edited));
    took.deleted = Math.max(took.deleted, after(newest(seen), deleted));
  }
  return { took, unseen };
}

async function measure() {
  await fillMonitors(env, MONITORS);
  const peer = await startScheduler(env, redis ? 'redis' : 'silent');
  try {
    const load = await loaded(peer.url);
    await delay(values.hurry ? 1000 : REST_MS);
    await peer.ask('reset');
    const since = Date.now();
    await delay(SECONDS * 1000);
    const { lateness, ...run } = await peer.ask('figures');
    const seconds = (Date.now() - since) / 1000;
    const { took, unseen } = await changes(peer);
    const { mostRss } = await peer.ask('figures');
    const { code } = await peer.ask('stop');
    const [p50, p99] = [0.5, 0.99].map((share) => percentile(lateness, share));
    const late = { p50, p99, max: lateness.reduce((most, ms) => Math.max(most, ms), 0) };
    return {
      monitors: load.monitors,
      loadMs: load.tookMs,
      seconds,
      ticks: lateness.length,
      batches: run.calls,
      early: run.early,
      lateness: late,
      cpuMsAMinute: (run.cpuMs * 60) / seconds,
      storeCalls: run.storeCalls,
      rssMb: Math.max(mostRss, run.mostRss) / 2 ** 20,
      took,
      unseen,
      exitCode: code,
    };
  } finally {
    peer.kill();
  }
}

function print(found) {
  const { lateness, took, storeCalls } = found;
  const calls = Object.entries(storeCalls).map(([name, count]) => `${count} ${name}`);
  console.log(
    `${cpus().length} cores, load ${loadavg()[0].toFixed(1)}; queue: ${redis ? 'Redis' : 'silent'}\n`,
  );
  const rows = [
    ['loading, ms', shown(found.loadMs), '5,000'],
    [`ticks in ${shown(found.seconds)} s`, shown(found.ticks), ''],
    ['CPU, ms a minute', shown(found.cpuMsAMinute), redis ? '' : '2,000'],
    [
      `lateness p50 / p99 / max, ms`,
      Object.values(lateness).map(shown).join(' / '),
      `p99 ${QUANTUM_MS + 20}`,
    ],
    ['ticks before their time', shown(found.early), '0'],
    ['calls of the store', calls.join(', ') || '0', 'none per tick'],
    ['memory, MB', shown(found.rssMb), '400'],
    [`adding ${CHANGED}, ms`, shown(took.added), '1,000'],
    [`editing ${CHANGED}, ms`, shown(took.edited), '1,000'],
    [`deleting ${CHANGED}, ms`, shown(took.deleted), '1,000'],
  ];
  console.log(table([[`${shown(found.monitors)} monitors`, 'measured', 'at most'], ...rows]));
}

try {
  const found = await measure();
  if (values.json) console.log(JSON.stringify(found));
  else print(found);
} finally {
  redis?.remove();
  rmSync(folder, { recursive: true, force: true });
}
