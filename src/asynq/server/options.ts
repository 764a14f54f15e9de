import type { Redis } from 'ioredis';
import type { Clock } from '../../core/clock.js';
import type { QueueKeys } from '../keys.js';
import type { Subscriptions } from '../subscriptions.js';

/** A task in the handler's hands. */
export interface ActiveTask {
  readonly id: string;
  readonly type: string;
  readonly payload: Buffer;
  readonly queue: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Attempts that failed before this one. */
  readonly retried: number;
  readonly maxRetries: number;
  /** When `signal` aborts, milliseconds since the Unix epoch. */
  readonly deadline: number;
}

/** What is to become of a task. `message` is kept with it. */
export type Verdict =
  | { kind: 'done'; result?: Buffer }
  /** Again after the delay, or archived where no retry is left. Uncounted: always again, and no retry is used up. */
  | { kind: 'retry'; message: string; delayMs?: number; countsAsFailure?: boolean }
  | { kind: 'archive'; message: string };

/** Must give up when `signal` aborts; what it answers after that is not heard. A rejection is a `retry`. */
export type Handler = (task: ActiveTask, signal: AbortSignal) => Promise<Verdict>;

/** The loops of a server, and the writing of verdicts, as failures name them. */
export type Activity = 'fetch' | 'finish' | 'heartbeat' | 'forward' | 'recover' | 'clean';

/** `lost`: the lease ran out before the verdict was written; recovery hands the task out again. */
export type Outcome = 'done' | 'retried' | 'postponed' | 'archived' | 'requeued' | 'lost';

export interface Settled {
  queue: string;
  type: string;
  id: string;
  outcome: Outcome;
  /** Why, where it was not done: the failure's text. */
  message: string;
  /** True: another worker had let its lease run out, and our recoverer found it. */
  isRecovered: boolean;
}

export interface Damaged {
  queue: string;
  id: string;
  /** A clause, without any of the task's content. */
  reason: string;
}

/** What a server tells. None may throw. */
export interface ServerHooks {
  /** Something of Redis' side failed; the activity goes on by itself. */
  onFailure?(activity: Activity, error: unknown): void;
  /** The activity worked, told each time: at most once per script call. */
  onSuccess?(activity: Activity): void;
  onSettled?(settled: Settled): void;
  /** A task that nobody can run was taken out of the way. */
  onDamaged?(damaged: Damaged): void;
  /** An attempt is over and its handler has not returned for so long (milliseconds): it keeps a place taken. */
  onOverdue?(task: ActiveTask, ms: number): void;
}

/** Milliseconds. Asynq's own, but for `cleanMs` (8 s) and `pollMs`; shorter ones are for tests. */
export interface ServerTimes {
  /** Whole seconds. */
  leaseMs: number;
  heartbeatMs: number;
  forwardMs: number;
  recoverMs: number;
  /** How long a lease must have been over until the task is recovered: the clocks of Asynq's workers differ. */
  recoverAfterMs: number;
  cleanMs: number;
  /** The longest wait between two looks at empty queues. */
  pollMs: number;
}

export const DEFAULT_TIMES: ServerTimes = {
  leaseMs: 30_000,
  heartbeatMs: 5_000,
  forwardMs: 5_000,
  recoverMs: 60_000,
  recoverAfterMs: 30_000,
  cleanMs: 30_000,
  pollMs: 2_000,
};

export interface ServerOptions {
  /**
   * Must fail what it cannot do, within some seconds: `commandTimeout`, `maxRetriesPerRequest: 0` (else ioredis leaves
   * commands of a lost connection unanswered), `enableOfflineQueue: false`, `autoResendUnfulfilledCommands: false`.
   */
  redis: Redis;
  subscriptions: Subscriptions;
  handler: Handler;
  /** Queues and their weights, whole numbers, 1 or more. */
  queues: Readonly<Record<string, number>>;
  /** True: a queue is asked only when those of higher weight are empty. */
  strict?: boolean;
  /** The most tasks in hand at once. */
  concurrency: number;
  /** Milliseconds before the next attempt, where the verdict names none; `failures` counts this one. Asynq's if absent. */
  retryDelayMs?: (failures: number) => number;
  hooks?: ServerHooks;
  times?: Partial<ServerTimes>;
  clock?: Clock;
}

export interface Queue {
  name: string;
  weight: number;
  keys: QueueKeys;
}

/** What every part of a server is given. */
export interface ServerContext {
  redis: Redis;
  queues: readonly Queue[];
  times: ServerTimes;
  hooks: ServerHooks;
  clock: Clock;
  /** Tells other workers that there is something to do. */
  wakeChannel: string;
}
