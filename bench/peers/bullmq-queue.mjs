// BullMQ as a contestant of bench/queue.mjs (its requests: bench/support/peer.mjs):
//   node bench/peers/bullmq-queue.mjs redis://127.0.0.1:6379 FOLDER
// FOLDER holds node_modules with bullmq and ioredis.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CHECK, TIMED, Tally, check, enqueueAll, serve, sharedNow } from '../support/peer.mjs';

const [url, folder] = process.argv.slice(2);
const { Queue, Worker } = createRequire(join(folder, 'package.json'))('bullmq');
const { hostname: host, port } = new URL(url);
const connection = { host, port: Number(port), maxRetriesPerRequest: null };

const queue = new Queue('default', { connection });
await queue.waitUntilReady();
const tally = new Tally();
let worker;

/** As Asynq's: three retries, kept for an hour when done. */
const OPTIONS = {
  attempts: 4,
  removeOnComplete: { age: 3600 },
  backoff: { type: 'exponential', delay: 1000 },
};

function job(n) {
  const { id: jobId, payload } = check(n, '-'); // BullMQ refuses a colon
  return { name: CHECK, data: JSON.parse(payload), opts: { ...OPTIONS, jobId } };
}

let sent = 0;

await serve({
  enqueue: (request) =>
    enqueueAll(request, async (from, to) => {
      const jobs = Array.from({ length: to - from }, (_, index) => job(from + index));
      if (jobs.length > 1) await queue.addBulk(jobs);
      else await queue.add(jobs[0].name, jobs[0].data, jobs[0].opts);
    }),
  work: async ({ concurrency }) => {
    tally.began = performance.now();
    const handle = async ({ id, name, data }) => {
      tally.handled(id, name, () => JSON.stringify(data));
      return null;
    };
    worker = new Worker('default', handle, { connection, concurrency });
    worker.on('error', (error) => console.error(error));
  },
  handled: ({ count }) => tally.reached(count),
  send: async () => {
    await queue.add(TIMED, { sent: sharedNow() }, { ...OPTIONS, jobId: `timed-${(sent += 1)}` });
  },
  latencies: async () => ({ ms: tally.ms }),
  stop: async () => {
    await worker?.close();
    await queue.close();
  },
});
