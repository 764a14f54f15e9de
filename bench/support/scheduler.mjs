// One scheduler in a process of its own (schedule-peer.mjs), and the monitors that it is to carry. Needs dist.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { discoverDrivers } from '../../dist/drivers/discover.js';
import { MonitorStore } from '../../dist/ports/monitor-store.port.js';
import { killWhenInterrupted } from './interrupted.mjs';
import { inRoot } from './processes.mjs';

/** What a monitor of these benches asks; nobody works here. */
export const FIELDS = { type: 'tcp', config: { host: '127.0.0.1', port: 9 } };
/** Seconds between the ticks of the monitor, or entry, number `n`: all from 20 to 120. */
export const periodOf = (n) => 20 + (n % 101);

/** The variables of a scheduler on an SQLite file in this folder; its queue is silent unless a Redis is named. */
export function schedulerEnv(folder, redis = null) {
  return {
    PATH: process.env.PATH,
    MODULES: 'scheduler,leader,health',
    PORT: '0',
    DATA_FOLDER: folder,
    DB_TYPE: 'sqlite',
    DB_NAME: join(folder, 'monitors.db'),
    SHUTDOWN_DELAY_MS: '0',
    ...(redis ? { REDIS_URL: redis.url } : { BENCH_QUEUE: 'silent' }),
  };
}

/** As Peekaping's own users have them: rows, not calls of the API. Answers each monitor's id and seconds between ticks. */
export async function fillMonitors(env, count) {
  const driver = (await discoverDrivers()).find(
    ({ port, values }) => port === MonitorStore && values?.includes('sqlite'),
  );
  const context = {
    dataFolder: env.DATA_FOLDER,
    gateway: {},
    logger: pino({ level: 'warn' }),
    metrics: new Registry(),
  };
  const store = await driver.open(driver.variables.parse(env), context);
  const defaults = { timeout: 10, maxRetries: 0, retryInterval: 60, resendInterval: 0, active: true };
  const ours = { cron: null, timezone: null, priority: 'default', tags: [], maintenanceUntil: null };
  const made = [];
  for (let at = 0; at < count; at += 1000) {
    const page = Array.from({ length: Math.min(1000, count - at) }, (_, i) => {
      const plan = { name: `monitor ${at + i}`, interval: periodOf(at + i) };
      return { ...FIELDS, ...defaults, ...ours, ...plan, proxyId: null, pushToken: null };
    });
    for (const { id, interval } of await store.create(page)) made.push({ id, interval });
  }
  await store.close(10_000);
  return made;
}

/** `queue`: silent or redis; `ask(what)` is one of ANSWERS in schedule-peer.mjs. */
export async function startScheduler(env, queue) {
  const child = fork(inRoot('bench/support/schedule-peer.mjs'), [queue], { env, serialization: 'advanced' });
  killWhenInterrupted(child);
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
  return { url, pid: child.pid, ask, kill: () => child.kill('SIGKILL') };
}

/** When it ticks: how many monitors it has, and what reading them took. */
export async function loaded(url) {
  for (;;) {
    const { state, monitors, syncs } = await (await fetch(`${url}/scheduler/status`)).json();
    if (state === 'running') return { monitors, tookMs: syncs.load.took_ms };
    await delay(100);
  }
}
