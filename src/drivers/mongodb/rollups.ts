import type { ResultStatus, StatusCounts, StoredResult, Uptime } from '../../ports/monitor-store.port.js';
import { objectIds } from './convert.js';
import type { Collections, RollupDelta } from './documents.js';

const HOUR_MS = 3_600_000;
const WINDOWS = { h24: 24, d7: 168, d30: 720 } as const;
const NOTHING = { up: 0, down: 0, pending: 0, maintenance: 0, unknown: 0 };
const STATUSES = Object.keys(NOTHING) as ResultStatus[];

function hourOf(ms: number): number {
  return ms - (ms % HOUR_MS);
}

/** What results add to the hours of their planned times. */
export function deltasOf(results: readonly StoredResult[]): RollupDelta[] {
  const hours = new Map<number, RollupDelta>();
  for (const { plannedAt, status, latencyMs } of results) {
    const hour = hourOf(plannedAt);
    const sum = hours.get(hour) ?? { hour, ...NOTHING, latencySum: 0, latencyCount: 0 };
    const isMeasured = latencyMs !== null;
    hours.set(hour, {
      ...sum,
      [status]: sum[status] + 1,
      latencySum: sum.latencySum + (latencyMs ?? 0),
      latencyCount: sum.latencyCount + (isMeasured ? 1 : 0),
    });
  }
  return [...hours.values()];
}

/** A sum over the hours of a window, of one monitor. */
type Sum = StatusCounts & { latencySum: number; latencyCount: number };

export async function uptimeOf(
  collections: Collections,
  ids: readonly string[],
  now: number,
): Promise<Map<string, Uptime>> {
  if (objectIds(ids).length === 0) return new Map();
  const { h24: day, d7: week, d30: month } = WINDOWS;
  const [h24, d7, d30] = await Promise.all(
    [day, week, month].map((hours) => sumsOf(collections, ids, { now, hours })),
  );
  return new Map(
    objectIds(ids).map((objectId) => {
      const id = objectId.toHexString();
      const { latencySum, latencyCount } = h24!.get(id) ?? { latencySum: 0, latencyCount: 0 };
      return [
        id,
        {
          h24: countsOf(h24!.get(id)),
          d7: countsOf(d7!.get(id)),
          d30: countsOf(d30!.get(id)),
          latencyMs24h: latencyCount === 0 ? null : latencySum / latencyCount,
        },
      ];
    }),
  );
}

async function sumsOf(
  { rollups }: Collections,
  ids: readonly string[],
  { now, hours }: { now: number; hours: number },
): Promise<Map<string, Sum>> {
  const last = hourOf(now);
  const $match = { monitorId: { $in: objectIds(ids) }, hour: { $gte: last - hours * HOUR_MS, $lte: last } };
  const fields = [...STATUSES, 'latencySum', 'latencyCount'].map((name) => [name, { $sum: `$${name}` }]);
  const $group = { _id: '$monitorId', ...(Object.fromEntries(fields) as object) };
  const sums = await rollups.aggregate<Sum & { _id: unknown }>([{ $match }, { $group }]).toArray();
  return new Map(sums.map((sum) => [String(sum._id), sum]));
}

function countsOf(sum: Sum | undefined): StatusCounts {
  if (!sum) return { ...NOTHING };
  const { up, down, pending, maintenance, unknown } = sum;
  return { up, down, pending, maintenance, unknown };
}
