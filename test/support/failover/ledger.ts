import type { Redis } from 'ioredis';
import { decodeMessage } from '../../../src/asynq/codec.js';
import { phase } from '../../../src/modules/scheduler/time/phase.js';

const PREFIX = 'asynq:{default}:';
const PAGE = 2000;

/** A monitor as the API answered it. */
export interface Planned {
  id: string;
  /** Milliseconds. */
  interval: number;
  /** Milliseconds since the Unix epoch. */
  createdAt: number;
}

/** One task that lies in Redis; times in milliseconds since the Unix epoch. */
export interface Found {
  id: string;
  monitorId: string;
  plannedAt: number;
  /** What its payload says. */
  scheduledAt: number;
  /** By the enqueueing process's clock. */
  enqueuedAt: number;
}

/** All tasks, the first enqueued first. Nobody may have worked on them. */
export async function tasksIn(redis: Redis): Promise<Found[]> {
  const ids = (await redis.lrange(`${PREFIX}pending`, 0, -1)).reverse();
  const found: Found[] = [];
  for (let at = 0; at < ids.length; at += PAGE) {
    const page = ids.slice(at, at + PAGE);
    const rows = await Promise.all(
      page.map((id) => redis.hmgetBuffer(`${PREFIX}t:${id}`, 'msg', 'pending_since')),
    );
    rows.forEach(([message, since], i) => found.push(read(page[i]!, message!, since!)));
  }
  return found;
}

/** Of those monitors whose first check lies there neither done nor undone. */
export async function withoutFirst(redis: Redis, monitors: readonly Planned[]): Promise<string[]> {
  const looks = redis.pipeline();
  for (const { id, createdAt } of monitors) looks.exists(`${PREFIX}t:${id}:${createdAt}`);
  const answers = (await looks.exec()) ?? [];
  return monitors.flatMap(({ id }, i) => (answers[i]?.[1] === 1 ? [] : [id]));
}

function read(id: string, message: Buffer, since: Buffer): Found {
  const payload = JSON.parse(decodeMessage(message).payload.toString()) as Record<string, string>;
  const colon = id.lastIndexOf(':');
  if (payload.monitor_id !== id.slice(0, colon)) throw new Error(`task ${id} is of ${payload.monitor_id}`);
  return {
    id,
    monitorId: id.slice(0, colon),
    plannedAt: Number(id.slice(colon + 1)),
    scheduledAt: Date.parse(payload.scheduled_at!),
    enqueuedAt: Number(since.toString().slice(0, -6)),
  };
}

/** What is wrong, as texts; all empty when every planned tick up to `upTo` has exactly one task. */
export interface Verdict {
  planned: number;
  missing: string[];
  offGrid: string[];
  double: string[];
}

/** Compares with the grid of each monitor: its creation, then phase + k · interval, up to the last watermark. */
export function compare(monitors: readonly Planned[], tasks: readonly Found[], upTo: number): Verdict {
  const seen = new Set<string>();
  const double: string[] = [];
  for (const { id } of tasks) {
    if (seen.has(id)) double.push(id);
    seen.add(id);
  }
  const planned = new Set(monitors.flatMap((monitor) => ticksOf(monitor, upTo)));
  const grids = new Map(monitors.map((monitor) => [monitor.id, monitor]));
  const offGrid = tasks.filter((task) => task.scheduledAt !== task.plannedAt || !isTick(grids, task));
  return {
    planned: planned.size,
    missing: [...planned].filter((id) => !seen.has(id)),
    offGrid: offGrid.map(({ id }) => id),
    double,
  };
}

function* gridOf({ id, interval, createdAt }: Planned, upTo: number): Generator<number> {
  const first = phase(id, interval) + Math.floor((createdAt - phase(id, interval)) / interval) * interval;
  for (let at = first; at <= upTo; at += interval) if (at > createdAt) yield at;
}

function ticksOf(monitor: Planned, upTo: number): string[] {
  return [monitor.createdAt, ...gridOf(monitor, upTo)].map((at) => `${monitor.id}:${at}`);
}

function isTick(grids: ReadonlyMap<string, Planned>, { monitorId, plannedAt }: Found): boolean {
  const monitor = grids.get(monitorId);
  if (!monitor) return false;
  const { interval, createdAt, id } = monitor;
  return (
    plannedAt === createdAt || (plannedAt > createdAt && (plannedAt - phase(id, interval)) % interval === 0)
  );
}
