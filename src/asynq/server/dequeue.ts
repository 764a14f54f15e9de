import { Script } from '../script.js';
import type { Queue, ServerContext } from './options.js';
import { entries, tellBroken, tellDamaged, type Flat } from './replies.js';

const dequeueScript = new Script('dequeue');
const giveBackScript = new Script('give-back');

/** A task as it was taken; its message is not yet read. */
export interface Taken {
  queue: Queue;
  id: Buffer;
  msg: Buffer;
}

export interface Batch {
  tasks: Taken[];
  /** As many as were asked for came out of the queues: there may be more. */
  isFull: boolean;
  /** What is wrong with a queue that nothing was taken of. */
  trouble: Error | null;
}

/** Takes `most` tasks at most and leases them with `token`. @throws what ioredis throws: then some may be leased */
export async function dequeue(
  context: ServerContext,
  order: readonly Queue[],
  most: number,
  token: number,
): Promise<Batch> {
  const [tasks, damaged, broken] = (await dequeueScript.run(
    context.redis,
    order.map(({ keys }) => keys.pending),
    [most, leaseSeconds(context), token, ...order.map(({ keys }) => keys.prefix)],
  )) as [Flat, Flat, Flat];
  tellDamaged(context, order, damaged);
  const trouble = tellBroken(context, 'fetch', order, broken);
  const taken = Array.from(entries(order, tasks, 3), ([queue, id, msg]) => ({ queue, id: id!, msg: msg! }));
  return { tasks: taken, isFull: taken.length + damaged.length / 3 >= most, trouble };
}

/** Puts back what a dequeue with this token took whose answer never came. */
export async function giveBack({ redis, queues, wakeChannel }: ServerContext, token: number): Promise<void> {
  await giveBackScript.run(
    redis,
    queues.flatMap(({ keys }) => [keys.lease, keys.active, keys.pending]),
    [token, wakeChannel, ...queues.flatMap(({ name, keys }) => [name, keys.prefix])],
  );
}

export function leaseSeconds({ times }: ServerContext): number {
  return Math.ceil(times.leaseMs / 1000);
}
