import type { Collection, Filter } from 'mongodb';
import { systemClock } from '../../core/clock.js';
import type { Retention } from '../../ports/monitor-store.port.js';
import type { Collections } from './documents.js';

/** So many at a time, with a pause for others. */
const STEP = 1000;
const PAUSE_MS = 20;

export async function pruneAll(
  collections: Collections,
  retention: Retention,
  signal: AbortSignal,
): Promise<number> {
  const { results, rollups, alerts } = collections;
  const steps = [
    () => deleteStep(results, { plannedAt: { $lt: retention.resultsBefore } }),
    () => deleteStep(rollups, { hour: { $lt: retention.rollupsBefore } }),
    () => deleteStep(alerts, { settled: true, at: { $lt: retention.alertsBefore } }),
  ];
  let deleted = 0;
  for (const step of steps) {
    for (let isMore = true; isMore && !signal.aborted;) {
      const count = await step();
      deleted += count;
      isMore = count >= STEP;
      if (isMore) await systemClock.sleep(PAUSE_MS, signal);
    }
  }
  return deleted;
}

async function deleteStep<T extends { _id: string }>(
  collection: Collection<T>,
  old: Filter<T>,
): Promise<number> {
  const found = await collection
    .find(old, { projection: { _id: 1 } })
    .limit(STEP)
    .toArray();
  if (found.length === 0) return 0;
  const some = { _id: { $in: found.map(({ _id }) => _id) } } as unknown as Filter<T>;
  return (await collection.deleteMany(some)).deletedCount;
}
