import { createHash } from 'node:crypto';

/**
 * Names of keys and channels. Source: github.com/hibiken/asynq v0.26.0, which writes a queue's name in braces so that
 * all its keys lie in one slot of a cluster.
 */
export const ALL_QUEUES = 'asynq:queues';
export const ALL_SERVERS = 'asynq:servers';
export const ALL_WORKERS = 'asynq:workers';
/** A message is the id of an active task to abort. */
export const CANCEL_CHANNEL = 'asynq:cancel';

/** Ours: a message is the name of a queue that has something to do. Channels know no database, so it is in the name. */
export function wakeChannel(database: number): string {
  return `carillon:asynq:wake:${database}`;
}

/** What every key of the queue begins with; a state's name after it is the key of its list or sorted set. */
export function queuePrefix(queue: string): string {
  return `asynq:{${queue}}:`;
}

/** Keys of one queue. */
export interface QueueKeys {
  /** `asynq:{q}:` */
  prefix: string;
  /** LIST of ids: in at the left, out at the right. */
  pending: string;
  /** LIST of ids. */
  active: string;
  /** ZSET: id by the end of its lease, seconds. */
  lease: string;
  /** ZSETs: id by when to process it, seconds. */
  scheduled: string;
  retry: string;
  /** ZSET: id by when to forget it, seconds. */
  completed: string;
  /** ZSET: id by when it was archived, seconds. */
  archived: string;
  /** STRING: exists while the queue is paused. */
  paused: string;
  /** STRINGs: counters since ever. */
  processed: string;
  failed: string;
  /** An id after it is the key of its HASH. */
  taskPrefix: string;
}

export function queueKeys(queue: string): QueueKeys {
  const prefix = queuePrefix(queue);
  return {
    prefix,
    pending: `${prefix}pending`,
    active: `${prefix}active`,
    lease: `${prefix}lease`,
    scheduled: `${prefix}scheduled`,
    retry: `${prefix}retry`,
    completed: `${prefix}completed`,
    archived: `${prefix}archived`,
    paused: `${prefix}paused`,
    processed: `${prefix}processed`,
    failed: `${prefix}failed`,
    taskPrefix: `${prefix}t:`,
  };
}

export function taskKey(queue: string, id: string): string {
  return `${queuePrefix(queue)}t:${id}`;
}

/** The lock that keeps a second task of this type and payload out. */
export function uniqueKey(queue: string, type: string, payload: Buffer): string {
  // Asynq makes a difference between no payload (nil) and an empty one, which its callers hardly write.
  const sum = payload.length === 0 ? '' : createHash('md5').update(payload).digest('hex');
  return `${queuePrefix(queue)}unique:${type}:${sum}`;
}

/** Today's counters of the queue; the day is UTC's. */
export function dayCounters(queue: string, nowMs: number): { processed: string; failed: string } {
  const day = new Date(nowMs).toISOString().slice(0, 10);
  const prefix = queuePrefix(queue);
  return { processed: `${prefix}processed:${day}`, failed: `${prefix}failed:${day}` };
}

/** Keys of one server's records. */
export function serverKeys(host: string, pid: number, serverId: string): { server: string; workers: string } {
  const name = `{${host}:${pid}:${serverId}}`;
  return { server: `asynq:servers:${name}`, workers: `asynq:workers:${name}` };
}

/** `pending_since`: Unix nanoseconds as text, for the number is above 2^53. */
export function nanoseconds(ms: number): string {
  return `${Math.floor(ms)}000000`;
}

/** Whole seconds, cut off, as Go's own time does. */
export function unixSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
