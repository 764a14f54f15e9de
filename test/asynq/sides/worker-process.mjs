// A worker of ours as a process of its own, to be killed: node worker-process.mjs URL QUEUE
// It takes one task of QUEUE, says "began <id>" and holds it for ever. It runs the built library, and ends with its
// standard input.
import { Redis } from 'ioredis';
import { Server } from '../../../dist/asynq/server.js';

const [url, queue] = process.argv.slice(2);
process.stdin.on('end', () => process.exit()).resume();

new Server({
  redis: new Redis(url),
  subscriptions: { subscribe: () => () => undefined },
  handler: (task) => {
    console.log(`began ${task.id}`);
    return new Promise(() => undefined);
  },
  queues: { [queue]: 1 },
  concurrency: 1,
});
