import { sql, type RawBuilder } from 'kysely';
import type { StatusCounts, StoredResult, Uptime } from '../../../ports/monitor-store.port.js';
import type { Tools } from '../link.js';
import type { RollupsTable } from '../schema/tables.js';
import { upsert } from './upsert.js';
import { toNumber } from './values.js';

export const HOUR_MS = 3_600_000;
const STATUSES = ['up', 'down', 'pending', 'maintenance', 'unknown'] as const;
const SPANS = { h24: 24, d7: 168, d30: 720 } as const;
const ADDED = [...STATUSES, 'latency_sum', 'latency_count'];

/** Counts results in the hours of their planned times. */
export async function addToRollups(tools: Tools, results: readonly StoredResult[]): Promise<void> {
  const rows = new Map<string, RollupsTable>();
  for (const { monitorId, plannedAt, status, latencyMs } of results) {
    const hour = Math.floor(plannedAt / HOUR_MS);
    const key = `${monitorId}:${hour}`;
    const row = rows.get(key) ?? emptyRow(monitorId, hour);
    rows.set(key, row);
    row[status] += 1;
    row.latency_sum += latencyMs ?? 0;
    row.latency_count += latencyMs === null ? 0 : 1;
  }
  const sorted = [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  await upsert(tools, 'carillon_rollups', sorted, ['monitor_id', 'hour'], (kept, given) =>
    Object.fromEntries(ADDED.map((column) => [column, sql`${kept(column)} + ${given(column)}`])),
  );
}

function emptyRow(monitorId: string, hour: number): RollupsTable {
  const counts = { up: 0, down: 0, pending: 0, maintenance: 0, unknown: 0 };
  return { monitor_id: monitorId, hour, ...counts, latency_sum: 0, latency_count: 0 };
}

type Sums = Record<string, unknown> & { monitor_id: string };

/** `ids`: of the right form; all of `asked` get an entry. */
export async function uptime(
  { db }: Tools,
  asked: readonly string[],
  ids: readonly string[],
  now: number,
): Promise<Map<string, Uptime>> {
  const hour = Math.floor(now / HOUR_MS);
  const rows: Sums[] =
    ids.length === 0
      ? []
      : await db
          .selectFrom('carillon_rollups')
          .select(['monitor_id', ...sums(hour)])
          .where('monitor_id', 'in', ids)
          .where('hour', '>=', hour - SPANS.d30)
          .where('hour', '<=', hour)
          .groupBy('monitor_id')
          .execute();
  const found = new Map(rows.map((row) => [row.monitor_id, row]));
  return new Map(asked.map((id) => [id, uptimeOf(found.get(id))]));
}

function sums(hour: number) {
  const since = (column: string, hours: number): RawBuilder<unknown> =>
    sql`sum(case when hour >= ${sql.lit(hour - hours)} then ${sql.ref(column)} else 0 end)`;
  const counts = Object.entries(SPANS).flatMap(([span, hours]) =>
    STATUSES.map((status) => since(status, hours).as(`${span}_${status}`)),
  );
  return [
    ...counts,
    since('latency_sum', SPANS.h24).as('latency_sum'),
    since('latency_count', SPANS.h24).as('latency_count'),
  ];
}

function uptimeOf(row: Sums | undefined): Uptime {
  const counts = (span: keyof typeof SPANS): StatusCounts =>
    Object.fromEntries(
      STATUSES.map((status) => [status, toNumber(row?.[`${span}_${status}`]) ?? 0]),
    ) as unknown as StatusCounts;
  const measured = toNumber(row?.latency_count) ?? 0;
  const latencyMs24h = measured === 0 ? null : Number(row!.latency_sum) / measured;
  return { h24: counts('h24'), d7: counts('d7'), d30: counts('d30'), latencyMs24h };
}
