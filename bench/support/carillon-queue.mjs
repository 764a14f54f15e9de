// Carillon's task queue on Redis (the port's driver, as the service runs it), as a contestant of bench/queue.mjs:
//   node bench/support/carillon-queue.mjs redis://127.0.0.1:6379
import { tmpdir } from 'node:os';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import driver from '../../dist/drivers/redis/task-queue.driver.js';
import { CHECK, TIMED, Tally, check, enqueueAll, serve, sharedNow } from './peer.mjs';

const context = {
  dataFolder: tmpdir(),
  gateway: {},
  logger: pino({ level: 'warn' }, process.stderr),
  metrics: new Registry(),
};
const queue = await driver.open(driver.variables.parse({ REDIS_URL: process.argv[2] }), context);
const tally = new Tally();

const OPTIONS = { queue: 'default', maxRetries: 3, timeoutMs: 300_000, retentionMs: 3_600_000 };

function newTask(n) {
  const { id, payload } = check(n, ':');
  return { ...OPTIONS, id, type: CHECK, payload: Buffer.from(payload) };
}

async function enqueue(tasks) {
  const results = await queue.enqueueMany(tasks);
  const other = results.find((result) => result !== 'enqueued');
  if (other) throw new Error(`a task was not enqueued: ${other}`);
}

let sent = 0;

await serve({
  enqueue: (request) =>
    enqueueAll(request, (from, to) =>
      enqueue(Array.from({ length: to - from }, (_, index) => newTask(from + index))),
    ),
  work: async ({ concurrency }) => {
    tally.began = performance.now();
    const options = { queues: { default: 1 }, strict: false, concurrency, retryDelayMs: () => 1000 };
    queue.work(options, (task) => {
      tally.handled(task.id, task.type, () => task.payload.toString());
      return Promise.resolve({ kind: 'done' });
    });
  },
  handled: ({ count }) => tally.reached(count),
  send: () => {
    const payload = Buffer.from(JSON.stringify({ sent: sharedNow() }));
    return enqueue([{ ...OPTIONS, id: `timed-${(sent += 1)}`, type: TIMED, payload }]);
  },
  latencies: async () => ({ ms: tally.ms }),
  stop: async () => {
    const left = await queue.close(10_000);
    if (left !== null) throw new Error(left);
  },
});
