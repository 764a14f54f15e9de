import type { Queue } from './options.js';

/**
 * The order in which to ask the queues now. Strict: by weight, then name. Else a random one, in which a queue of twice
 * the weight comes first twice as often (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).
 */
export function queueOrder(
  queues: readonly Queue[],
  strict: boolean,
  random = Math.random,
): readonly Queue[] {
  if (queues.length === 1) return queues;
  if (strict) return [...queues].sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1));
  return queues
    .map((queue) => ({ queue, draw: random() ** (1 / queue.weight) }))
    .sort((a, b) => b.draw - a.draw)
    .map(({ queue }) => queue);
}
