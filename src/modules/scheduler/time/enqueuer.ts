import type { Logger } from 'pino';
import type { SchedulerSettings } from '../../../config/scheduler-settings.js';
import { backoffMs } from '../../../core/backoff.js';
import type { Clock } from '../../../core/clock.js';
import { asAppError, type AppError } from '../../../core/errors.js';
import { FailureLog } from '../../../core/failure-log.js';
import { healthTask, tickId } from '../../../monitors/health-task.js';
import type { Fence } from '../../../ports/leader-lease.port.js';
import type { NewTask, TaskQueue } from '../../../ports/task-queue.port.js';
import type { SchedulerMetrics } from '../scheduler.metrics.js';
import type { Books, SkipReason } from './books.js';
import type { Reach } from './catch-up.js';
import type { Lateness } from './lateness.js';
import type { Schedule, Tick } from './schedule.js';

/** Of the delay before a batch is tried again: short, since each second that it waits is lateness. */
const RETRY = { baseMs: 200, capMs: 5000 };

export interface EnqueuerParts {
  queue: Pick<TaskQueue, 'enqueueMany'>;
  settings: SchedulerSettings;
  books: Books;
  lateness: Lateness;
  metrics: SchedulerMetrics;
  clock: Clock;
  logger: Logger;
}

/** How a batch came to its end: in the queue (or nothing of it was left), or the term is over. */
export type SendEnd = 'sent' | 'term over';

/** Brings ticks into the queue, however long it is away; over all terms of the process. */
export class Enqueuer {
  /** The last that was written, by whatever term of this process. */
  watermark: number | null = null;
  /** Why the batch in hand is not in the queue yet. */
  trouble: AppError | null = null;
  private readonly outage: FailureLog;
  private readonly refusals: FailureLog;

  constructor(private readonly parts: EnqueuerParts) {
    const { logger, clock } = parts;
    const now = () => clock.monotonic();
    this.outage = new FailureLog(logger, 'Health check tasks wait', now);
    this.refusals = new FailureLog(logger, 'A monitor’s tasks are refused by the queue', now);
  }

  /**
   * Enqueues the ticks and writes the watermark with them. While the queue is away it tries again, without those that
   * have become too old, were paused, or have a newer one; after an unknown outcome the same ones whole, since their
   * ids make that safe. Without ticks it tries once. All ticks are in the books when it resolves; it never rejects.
   */
  async send(ticks: Tick[], watermark: number, term: SendTerm): Promise<SendEnd> {
    let left = ticks;
    let isUnknown = false;
    for (let attempt = 1; ; attempt += 1) {
      const error = await this.attempt(left, watermark, term.fence);
      if (error === null) return 'sent';
      if (error.code === 'LEASE_LOST' || error.code === 'SHUTTING_DOWN') break;
      if (error.code === 'VALIDATION_FAILED') return this.sendEach(left, watermark, term);
      this.trouble = error;
      this.outage.failed(error.message.replace(/\.$/, ''), 'They go on by themselves.');
      await this.parts.clock.sleep(backoffMs(attempt, RETRY), term.signal);
      if (term.signal.aborted) break;
      isUnknown ||= error.code === 'OUTCOME_UNKNOWN';
      left = this.stillWanted(left, term.schedule, isUnknown);
      if (left.length === 0) return 'sent';
    }
    this.parts.books.drop('fenced', left.length);
    this.trouble = null;
    return 'term over';
  }

  /** Null when it is done. */
  private async attempt(ticks: Tick[], watermark: number, fence: Fence): Promise<AppError | null> {
    const { queue, settings, books, metrics } = this.parts;
    const tasks = ticks.map((tick) => taskOf(tick, settings));
    try {
      const results = await queue.enqueueMany(tasks, fence, watermark);
      const duplicates = results.filter((result) => result !== 'enqueued').length;
      books.enqueue(ticks.length - duplicates, duplicates);
    } catch (error) {
      const failure = asAppError(error);
      metrics.failed(failure.code);
      return failure;
    }
    this.watermark = watermark;
    this.trouble = null;
    this.outage.succeeded();
    this.observe(ticks);
    return null;
  }

  private observe(ticks: readonly Tick[]): void {
    const { clock, metrics, logger } = this.parts;
    if (ticks.length > 0) metrics.batches += 1;
    const now = clock.now();
    for (let from = 0, to = 0; from < ticks.length; from = to) {
      const { plannedAt } = ticks[from]!;
      while (ticks[to]?.plannedAt === plannedAt) to += 1;
      this.count(Math.max(0, now - plannedAt), to - from);
    }
    if (!logger.isLevelEnabled('debug')) return;
    for (const { entry, plannedAt } of ticks)
      logger.debug(
        { monitor_id: entry.id, scheduled_at: new Date(plannedAt).toISOString() },
        'Enqueuing health check task',
      );
  }

  private count(latenessMs: number, ticks: number): void {
    const { lateness, metrics } = this.parts;
    lateness.record(latenessMs, ticks);
    metrics.lateness.observe(latenessMs / 1000, ticks);
  }

  /** One that the queue can never take must not hold up the others: each goes alone. */
  private async sendEach(ticks: Tick[], watermark: number, term: SendTerm): Promise<SendEnd> {
    for (const [i, tick] of ticks.entries()) {
      // What lies behind is dealt with only when all of them are.
      const upTo = i === ticks.length - 1 ? watermark : Math.min(watermark, tick.plannedAt - 1);
      const end = ticks.length === 1 ? this.refuse(tick, term.schedule) : await this.send([tick], upTo, term);
      if (end === 'sent') continue;
      this.parts.books.drop('fenced', ticks.length - i - 1);
      return end;
    }
    return 'sent';
  }

  private refuse({ entry }: Tick, schedule: Schedule): SendEnd {
    this.parts.books.drop('missed', 1);
    schedule.refuse(entry, 'the queue refuses its tasks.', this.parts.clock.now());
    this.refusals.failed(`monitor ${entry.id}`);
    return 'sent';
  }

  private stillWanted(ticks: Tick[], schedule: Schedule, isUnknown: boolean): Tick[] {
    const { clock, books, settings } = this.parts;
    const now = clock.now();
    const reach = reachAt(now, now, settings);
    schedule.sweep(reach);
    return ticks.filter((tick) => {
      const reason = whyNot(tick, reach, isUnknown);
      if (reason !== null) books.drop(reason, 1);
      return reason === null;
    });
  }
}

/** Why a tick in hand is not to be enqueued any more. Of an unknown outcome nothing is given up but what is too old. */
function whyNot({ entry, plannedAt }: Tick, reach: Reach, isUnknown: boolean): SkipReason | null {
  if (plannedAt < reach.oldest) return 'window';
  if (isUnknown) return null;
  if (!entry.isOn) return 'paused';
  return !reach.all && entry.at <= reach.upTo ? 'missed' : null;
}

export interface SendTerm {
  schedule: Schedule;
  fence: Fence;
  /** Aborts when nothing is to be tried any more. */
  signal: AbortSignal;
}

/** What is made up for at a moment; within a running term `none` is as `latest`. */
export function reachAt(
  now: number,
  upTo: number,
  { catchUp, windowMs }: Pick<SchedulerSettings, 'catchUp' | 'windowMs'>,
): Reach {
  return { upTo, oldest: now - windowMs, all: catchUp === 'all' };
}

function taskOf({ entry, plannedAt }: Tick, { task }: SchedulerSettings): NewTask {
  const id = tickId(entry.id, plannedAt);
  return healthTask(id, { monitorId: entry.id, scheduledAt: plannedAt }, entry.priority, task);
}
