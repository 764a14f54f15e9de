// One scheduler with its figures, driven by its parent (scheduler.mjs): see ANSWERS.
//   fork('schedule-peer.mjs', [queue], { env })    queue: silent, or redis (then REDIS_URL is set)
// A silent queue takes every task at once and forgets it, so that what is measured is scheduling without enqueueing.
import { setInterval } from 'node:timers';
import { pino } from 'pino';
import { PARTS } from '../../dist/app.module.js';
import { loadConfig } from '../../dist/config/load-config.js';
import { createApp } from '../../dist/create-app.js';
import { defineDriver } from '../../dist/drivers/define-driver.js';
import { discoverDrivers } from '../../dist/drivers/discover.js';
import { MonitorStore } from '../../dist/ports/monitor-store.port.js';
import { TaskQueue } from '../../dist/ports/task-queue.port.js';
import { startApp } from '../../dist/start-app.js';
import { stopGracefully } from '../../dist/stop-gracefully.js';
import { z } from 'zod';

class SilentQueue extends TaskQueue {
  driver = 'silent';
  inspector = {};
  mark = null;

  enqueueMany(tasks, fence, watermark) {
    if (!fence.isHeld) throw new Error('This process does not lead.');
    this.mark = watermark ?? this.mark;
    return Promise.resolve(tasks.map(() => 'enqueued'));
  }
  watermark() {
    return Promise.resolve(this.mark);
  }
  work() {
    throw new Error('Nothing is kept here.');
  }
  ping() {
    return Promise.resolve();
  }
  close() {
    return Promise.resolve(null);
  }
}

const silent = defineDriver({
  name: 'silent',
  port: TaskQueue,
  address: ['BENCH_QUEUE'],
  variables: z.object({}),
  open: () => Promise.resolve(new SilentQueue()),
});

const isSilent = process.argv[2] === 'silent';
const found = await discoverDrivers();
const drivers = isSilent ? [...found.filter(({ port }) => port !== TaskQueue), silent] : found;
const logger = pino({ level: 'warn' }, process.stderr);
const config = loadConfig(process.env, { parts: PARTS, drivers });
const app = await createApp(config, logger);

/** What happened since the last `reset`. */
let lateness = new Float64Array(2 ** 17);
let planned = new Float64Array(2 ** 17);
let ticks = 0;
let calls = 0;
let early = 0;
let cpuAt = process.cpuUsage();
let storeCalls = {};
let mostRss = 0;
/** [monitor, planned, enqueued] of every tick, from `watch` on. */
let watched = null;

const queue = app.get(TaskQueue);
const enqueueMany = queue.enqueueMany.bind(queue);
queue.enqueueMany = async (tasks, fence, watermark) => {
  const results = await enqueueMany(tasks, fence, watermark);
  const now = Date.now();
  calls += 1;
  for (const { id } of tasks) {
    const colon = id.lastIndexOf(':');
    const plannedAt = Number(id.slice(colon + 1));
    if (ticks === planned.length) [planned, lateness] = [twice(planned), twice(lateness)];
    planned[ticks] = plannedAt;
    lateness[ticks++] = now - plannedAt;
    if (now < plannedAt) early += 1;
    watched?.push([id.slice(0, colon), plannedAt, now]);
  }
  return results;
};

function twice(numbers) {
  const more = new Float64Array(2 * numbers.length);
  more.set(numbers);
  return more;
}

const LONG_AGO_MS = 7 * 86_400_000;
const store = app.get(MonitorStore);
for (const name of Object.getOwnPropertyNames(MonitorStore.prototype).concat(methodsOf(store))) {
  if (typeof store[name] !== 'function' || ['constructor', 'isId', 'close'].includes(name)) continue;
  const method = store[name].bind(store);
  store[name] = (...args) => {
    storeCalls[name] = (storeCalls[name] ?? 0) + 1;
    // No worker is here: what is asked for is who was silent long ago, as where results come.
    if (name === 'quiet') args[0] -= LONG_AGO_MS;
    return method(...args);
  };
}

function methodsOf(object) {
  const proto = Object.getPrototypeOf(object);
  return proto === Object.prototype ? [] : [...Object.getOwnPropertyNames(proto), ...methodsOf(proto)];
}

// Seldom: each reading costs as much as waking up for ticks does.
setInterval(() => (mostRss = Math.max(mostRss, process.memoryUsage.rss())), 2000).unref();

const ANSWERS = {
  reset: () => {
    storeCalls = {};
    ticks = calls = early = mostRss = 0;
    cpuAt = process.cpuUsage();
    return {};
  },
  figures: () => {
    const { user, system } = process.cpuUsage(cpuAt);
    const seen = { lateness: lateness.slice(0, ticks), planned: planned.slice(0, ticks) };
    return { cpuMs: (user + system) / 1000, ...seen, calls, early, storeCalls, mostRss };
  },
  watch: () => {
    watched = [];
    return {};
  },
  watched: () => watched,
  stop: async () => ({ code: await stopGracefully(app, config, logger) }),
};

process.on('message', async ({ id, ask }) => {
  process.send({ id, answer: await ANSWERS[ask]() });
  if (ask === 'stop') process.disconnect();
});

await startApp(app, config);
process.send({ id: 0, answer: `http://127.0.0.1:${app.getHttpServer().address().port}` });
