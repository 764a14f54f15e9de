import type { Logger } from 'pino';
import type { Activity, Outcome, ServerHooks } from '../../asynq/server/options.js';
import { FailureLog } from '../../core/failure-log.js';
import type { AttemptEnd, TaskMetrics } from '../task-metrics.js';
import { failureOf } from './redis-error.js';
import type { RedisLink } from './redis-link.js';

/** What does not go on while an activity fails. */
const SAID: Record<Activity, string> = {
  fetch: 'No tasks are taken',
  finish: 'What became of tasks cannot be written',
  heartbeat: 'Leases of tasks in hand cannot be prolonged',
  forward: 'Tasks whose time has come are not made pending',
  recover: 'Tasks of workers that died are not recovered',
  clean: 'Tasks whose retention is over are not removed',
};

const ENDS: Record<Outcome, AttemptEnd> = {
  done: 'done',
  retried: 'retried',
  postponed: 'spared',
  archived: 'archived',
  requeued: 'put-back',
  lost: 'lost',
};

/** A failure is over when none has followed for so long. */
const CALM_MS = 60_000;

export interface HooksParts {
  link: RedisLink;
  metrics: TaskMetrics;
  logger: Logger;
}

/** Damaged tasks, in figures and in the log. */
export class DamageLog {
  private readonly log: FailureLog;

  constructor(
    logger: Logger,
    private readonly metrics: TaskMetrics,
  ) {
    this.log = new FailureLog(logger, 'Tasks in Redis cannot be read');
  }

  /** A worker took one out of the way. */
  setAside(queue: string, id: string, reason: string): void {
    this.metrics.damaged(queue);
    this.say(queue, id, reason, 'It was taken out of the way.');
  }

  /** An inspector left one out; `id` is null where it is a whole key of the queue. */
  leftOut(queue: string, id: string | null, reason: string): void {
    this.metrics.failed('inspect');
    this.say(queue, id ?? '(all)', reason, 'It is left out of what is shown; delete it by its id.');
  }

  calm(): void {
    this.log.calm(CALM_MS);
  }

  private say(queue: string, id: string, reason: string, what: string): void {
    this.log.failed(`task ${JSON.stringify(id)} of queue ${JSON.stringify(queue)}: ${reason}`, what);
  }
}

/** What a worker tells, as figures and log lines. */
export function workerHooks({ link, metrics, logger }: HooksParts, damage: DamageLog): ServerHooks {
  const logs = new Map<Activity, FailureLog>();
  const logOf = (activity: Activity) => {
    let log = logs.get(activity);
    if (!log) logs.set(activity, (log = new FailureLog(logger, SAID[activity])));
    return log;
  };
  const overdue = new FailureLog(logger, 'A handler ignores that its attempt is over', Date.now, 'warn');
  return {
    onFailure: (activity, error) => {
      metrics.failed(activity);
      // The link says by itself that there is no connection.
      if (link.trouble) return;
      const { words, advice } = failureOf(error);
      logOf(activity).failed(`Redis at ${link.place} ${words}`, advice);
    },
    onSuccess: (activity) => {
      logs.get(activity)?.succeeded();
      damage.calm();
      overdue.calm(CALM_MS);
    },
    onSettled: ({ queue, outcome, isRecovered }) => {
      metrics.ended(queue, ENDS[outcome]);
      if (isRecovered) metrics.recovered(queue);
    },
    onDamaged: ({ queue, id, reason }) => damage.setAside(queue, id, reason),
    onOverdue: ({ type, id }, ms) => {
      metrics.failed('overdue');
      overdue.failed(
        `${type} ${JSON.stringify(id)} is ${Math.round(ms / 1000)} s late`,
        'It keeps a place taken until it returns.',
      );
    },
  };
}
