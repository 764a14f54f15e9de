import { AsynqError } from '../errors.js';
import type { Activity, Queue, ServerContext } from './options.js';

/** Parts of a script's answer: a flat list whose first of each `size` is a queue's number, from 1. */
export type Flat = (number | Buffer)[];

/** The entries of a flat list. */
export function* entries(
  queues: readonly Queue[],
  list: Flat,
  size: number,
): Generator<[Queue, ...Buffer[]]> {
  for (let i = 0; i < list.length; i += size) {
    const [number, ...fields] = list.slice(i, i + size);
    yield [queues[(number as number) - 1]!, ...(fields as Buffer[])];
  }
}

export function tellDamaged({ hooks }: ServerContext, queues: readonly Queue[], list: Flat): void {
  for (const [queue, id, reason] of entries(queues, list, 3))
    hooks.onDamaged?.({ queue: queue.name, id: String(id), reason: String(reason) });
}

/**
 * One queue's keys being of a wrong type holds up no other queue; it is told each time. Where there is none: that the
 * activity worked. Answers the last one, or null.
 */
export function tellBroken(
  { hooks }: ServerContext,
  activity: Activity,
  queues: readonly Queue[],
  list: Flat,
): AsynqError | null {
  let failure: AsynqError | null = null;
  for (const [queue, error] of entries(queues, list, 2)) {
    failure = new AsynqError(`Queue ${queue.name}: ${String(error)}`);
    hooks.onFailure?.(activity, failure);
  }
  if (!failure) hooks.onSuccess?.(activity);
  return failure;
}
