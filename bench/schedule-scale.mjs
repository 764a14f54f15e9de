// How does one scheduler carry very many monitors?
//   node bench/schedule-scale.mjs [seconds=60] [--monitors=100000] [--redis] [--json] [--hurry]
// Monitors of 20 to 120 s lie in an SQLite file; one leader loads them and ticks for so long. Its queue takes every task
// at once and forgets it, so that the CPU time is that of scheduling; with --redis it is a real one (test/servers/redis.sh),
// and the CPU time is that of all. Then 1,000 monitors are added, edited and deleted through the API: how long after the
// API's answer did a tick still follow the old plan, or the first one the new? Before all that it rests for 35 s, so that the
// delta sync, which reads again what was edited within 30 s, does not read all; with --hurry it does not.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { discoverDrivers } from '../dist/drivers/discover.js';
import { phase } from '../dist/modules/scheduler/time/phase.js';
import { MonitorStore } from '../dist/ports/monitor-store.port.js';
import { startRedis } from './support/bench-redis.mjs';
import { percentile, shown, table } from './support/figures.mjs';

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
const PEER = fileURLToPath(new URL('support/schedule-peer.mjs', import.meta.url));
const CHANGED = 1000;
const QUANTUM_MS = 50;
const REST_MS = 35_000;
const FIELDS = { type: 'tcp', config: { host: '127.0.0.1', port: 9 } };

const folder = mkdtempSync(join(tmpdir(), 'carillon-scale-'));
const redis = values.redis ? startRedis(Number(process.env.BENCH_REDIS_PORT ?? 26_411)) : null;
const env = {
  PATH: process.env.PATH,
  MODULES: 'scheduler,leader,health',
  PORT: '0',
  DATA_FOLDER: folder,
  DB_TYPE: 'sqlite',
  DB_NAME: join(folder, 'monitors.db'),
  SCHEDULER_QUANTUM_MS: String(QUANTUM_MS),
  SHUTDOWN_DELAY_MS: '0',
  ...(redis ? { REDIS_URL: redis.url } : { BENCH_QUEUE: 'silent' }),
};

/** As Peekaping's own users have them: rows, not calls of the API. */
async function fill() {
  const driver = (await discoverDrivers()).find(
    ({ port, values: types }) => port === MonitorStore && types?.includes('sqlite'),
  );
  const context = {
    dataFolder: folder,
    gateway: {},
    logger: pino({ level: 'warn' }),
    metrics: new Registry(),
  };
  const store = await driver.open(driver.variables.parse(env), context);
  const defaults = { timeout: 10, maxRetries: 0, retryInterval: 60, resendInterval: 0, active: true };
  const ours = { cron: null, timezone: null, priority: 'default', tags: [], maintenanceUntil: null };
  for (let at = 0; at < MONITORS; at += 1000) {
    const page = Array.from({ length: Math.min(1000, MONITORS - at) }, (_, i) => {
      const plan = { name: `monitor ${at + i}`, interval: 20 + ((at + i) % 101) };
      return { ...FIELDS, ...defaults, ...ours, ...plan, proxyId: null, pushToken: null };
    });
    await store.create(page);
  }
  await store.close(10_000);
}

/** The scheduler in a process of its own; `ask` is one of ANSWERS in schedule-peer.mjs. */
async function startPeer() {
  const child = fork(PEER, [redis ? 'redis' : 'silent'], { env, serialization: 'advanced' });
  const waiting = new Map();
  let next = 0;
  const answerOf = (id) =>
    new Promise((resolve, reject) => {
      waiting.set(id, resolve);
      child.once('exit', (code) => reject(new Error(`the scheduler ended with ${code}`)));
    });
  child.setMaxListeners(0);
  child.on('message', ({ id, answer }) => waiting.get(id)?.(answer));
  const url = await answerOf(0);
  const ask = (what) => {
    const answer = answerOf((next += 1));
    child.send({ id: next, ask: what });
    return answer;
  };
  return { url, ask, kill: () => child.kill('SIGKILL') };
}

async function loaded(url) {
  for (;;) {
    const { state, monitors, syncs } = await (await fetch(`${url}/scheduler/status`)).json();
    if (state === 'running') return { monitors, tookMs: syncs.load.took_ms };
    await delay(100);
  }
}

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
  await fill();
  const peer = await startPeer();
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
