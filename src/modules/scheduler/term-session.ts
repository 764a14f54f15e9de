import type { Logger } from 'pino';
import type { SchedulerSettings } from '../../config/scheduler-settings.js';
import { backoffMs } from '../../core/backoff.js';
import type { AlarmClock } from '../../core/clock.js';
import { asAppError, type AppError } from '../../core/errors.js';
import { FailureLog } from '../../core/failure-log.js';
import { isOverBy } from '../../core/with-deadline.js';
import type { Term } from '../../ports/leader-lease.port.js';
import type { MonitorEvent } from '../../ports/monitor-events.port.js';
import type { MonitorStore } from '../../ports/monitor-store.port.js';
import type { TaskQueue } from '../../ports/task-queue.port.js';
import type { Periodic } from './periodic.js';
import type { SchedulerMetrics } from './scheduler.metrics.js';
import { Silence } from './silence/silence.js';
import { Follower } from './sync/follower.js';
import { MonitorSync, type SyncReport } from './sync/monitor-sync.js';
import type { Books } from './time/books.js';
import type { Enqueuer } from './time/enqueuer.js';
import { Grids } from './time/grids.js';
import { Pump } from './time/pump.js';
import { Schedule } from './time/schedule.js';

const RETRY = { baseMs: 500, capMs: 5000 };
/** Of three intervals, 60 s at least for nearly all monitors; each look goes through all of them. */
const SILENCE_MS = 60_000;
/** Kept back of the time to stop, for the lease, milliseconds. */
const TO_RESIGN_MS = 1000;
/** Before a term is begun anew: the queue denies it, and the lease does not; or we fell. Milliseconds. */
const DENIED_MS = 1000;
/** Of the delay that comes on top after an error that nobody foresaw. */
const FALLEN = { baseMs: 1000, capMs: 60_000 };

export interface SessionParts {
  queue: TaskQueue;
  store: MonitorStore;
  settings: SchedulerSettings;
  periodic: Pick<Periodic, 'every'>;
  enqueuer: Enqueuer;
  books: Books;
  metrics: SchedulerMetrics;
  clock: AlarmClock;
  logger: Logger;
}

/** From one load of the monitors until the queue denies the lease, or an error that nobody foresaw. */
interface Attempt {
  schedule: Schedule;
  sync: MonitorSync;
  grids: Grids;
  signal: AbortSignal;
}

/** What this process does while it leads: reads the monitors, then ticks and follows their changes until the term is over. */
export class TermSession {
  sync: MonitorSync | null = null;
  schedule: Schedule | null = null;
  state: 'loading' | 'running' | 'over' = 'loading';
  /** Why it cannot begin. */
  trouble: AppError | null = null;
  private pump: Pump | null = null;
  private follower: Follower | null = null;
  private isFinishing = false;
  private readonly cut = new AbortController();
  private readonly signal: AbortSignal;
  private readonly failures: FailureLog;
  private readonly ended: Promise<void>;

  constructor(
    private readonly parts: SessionParts,
    readonly term: Term,
  ) {
    const { logger, clock } = parts;
    this.signal = AbortSignal.any([term.lost, this.cut.signal]);
    this.failures = new FailureLog(logger, 'The scheduler cannot begin its term', () => clock.monotonic());
    this.ended = this.run().catch((err: unknown) =>
      logger.fatal({ err }, 'The scheduler stopped for an unforeseen reason.'),
    );
  }

  onEvent(event: MonitorEvent): void {
    this.follower?.onEvent(event);
  }

  onGap(): void {
    this.follower?.onGap();
  }

  /** What is due is enqueued, the watermark written, and nothing more comes; answers what was left. */
  async finish(deadlineMs: number): Promise<string | null> {
    this.isFinishing = true;
    if (this.pump) this.pump.finish();
    else this.cut.abort();
    const end = performance.now() + deadlineMs - Math.min(TO_RESIGN_MS, deadlineMs / 4);
    if (await isOverBy(this.ended, end)) return null;
    const left = this.waiting;
    this.cut.abort();
    if (left === 0) return null;
    return `${left} due health check tasks were not enqueued; the next leader makes up for them`;
  }

  private get waiting(): number {
    return this.parts.books.snapshot().waiting;
  }

  private async run(): Promise<void> {
    const end = () => (this.state = 'over');
    this.signal.addEventListener('abort', end, { once: true });
    for (let falls = 0; !this.signal.aborted && !this.isFinishing;) {
      const error = await this.lead().then(() => null, this.fallen);
      if (error) falls += 1;
      if (this.signal.aborted || this.isFinishing) break;
      await this.parts.clock.sleep(DENIED_MS + (error ? backoffMs(falls, FALLEN) : 0), this.signal);
    }
    end();
  }

  /** A leader that does not tick and says nothing would be worse than none: it says so, and begins anew. */
  private readonly fallen = (error: unknown): AppError => {
    this.parts.logger.error({ err: error }, 'The scheduler fell over a mistake of its own; it begins anew.');
    this.state = 'loading';
    return (this.trouble = asAppError(error));
  };

  private async lead(): Promise<void> {
    const { clock, books, settings } = this.parts;
    this.state = 'loading';
    const since = await this.patiently(() => this.since());
    if (since === null) return;
    const over = new AbortController();
    const signal = AbortSignal.any([this.signal, over.signal]);
    const grids = new Grids(settings.timezone);
    const { catchUp: policy, windowMs } = settings;
    const schedule = (this.schedule = new Schedule({ since, policy, windowMs, grids, books }));
    // At once, not when a call that is under way has come back.
    signal.addEventListener('abort', () => schedule.end(clock.now()), { once: true });
    books.watch(() => schedule.dueBy(clock.now()));
    const sync = (this.sync = new MonitorSync(this.parts, schedule, () => this.pump?.wake(), signal));
    this.follower = new Follower({ ...this.parts, sync, signal });
    try {
      const loaded = await this.patiently(() => sync.full('load'));
      if (loaded !== null && !this.isFinishing) await this.tick({ schedule, sync, grids, signal }, loaded);
    } finally {
      this.pump = this.follower = null;
      over.abort();
    }
  }

  private async tick({ schedule, sync, grids, signal }: Attempt, loaded: SyncReport): Promise<void> {
    const { settings, periodic, logger, clock } = this.parts;
    schedule.endLoad();
    this.state = 'running';
    const { term } = this;
    logger.info(
      { term: term.number, monitors: schedule.size, took_ms: loaded.tookMs },
      `Scheduling ${schedule.size} monitors in term ${term.number}.`,
    );
    const silence = new Silence(this.parts, grids, Math.max(term.since, clock.now()));
    const ends = [
      periodic.every(settings.deltaMs, 'delta sync', () => sync.delta()),
      periodic.every(settings.syncMs, 'full sync', () => sync.full()),
      periodic.every(SILENCE_MS, 'look for silent monitors', () => silence.look(signal)),
    ];
    this.pump = new Pump(this.parts, { schedule, fence: term.fence, signal });
    await this.pump.run().finally(() => ends.forEach((end) => end()));
  }

  /** The time up to which all is enqueued already. */
  private async since(): Promise<number> {
    const { queue, enqueuer, clock, logger } = this.parts;
    const written = await queue.watermark(this.term.fence);
    const now = clock.now();
    if (written !== null) return Math.min(written, now);
    const { watermark } = enqueuer;
    if (watermark !== null) {
      logger.warn('The queue has no watermark any more: the one in memory is written back.');
      return Math.min(watermark, now);
    }
    logger.info('The queue has no watermark: ticks begin now, and nothing is made up for.');
    return now;
  }

  /** Until it succeeds; null when the term is over before. */
  private async patiently<T>(work: () => Promise<T>): Promise<T | null> {
    for (let attempt = 1; !this.signal.aborted; attempt += 1) {
      try {
        const result = await work();
        this.failures.succeeded();
        this.trouble = null;
        return this.signal.aborted ? null : result;
      } catch (error) {
        const failure = asAppError(error);
        this.trouble = failure;
        this.failures.failed(failure.message.replace(/\.$/, ''), 'It goes on by itself.');
        if (failure.code === 'INTERNAL') this.parts.logger.error({ err: error }, failure.message);
        await this.parts.clock.sleep(backoffMs(attempt, RETRY), this.signal);
      }
    }
    return null;
  }
}
