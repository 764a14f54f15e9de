import { PRIORITIES, type Priority } from '../../../ports/monitor-store.port.js';

/** Priorities may share a queue: then their weights add up. */
export function weightsOf(
  queues: Readonly<Record<Priority, string>>,
  weights: Readonly<Record<Priority, number>>,
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const priority of PRIORITIES) {
    const name = queues[priority];
    sums[name] = (sums[name] ?? 0) + weights[priority];
  }
  return sums;
}
