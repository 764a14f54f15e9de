import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { readScheduler, type SchedulerSettings } from '../../src/config/scheduler-settings.js';
import type { AppError } from '../../src/core/errors.js';
import { SchedulerMetrics } from '../../src/modules/scheduler/scheduler.metrics.js';
import { Books } from '../../src/modules/scheduler/time/books.js';
import { Enqueuer } from '../../src/modules/scheduler/time/enqueuer.js';
import { Grids } from '../../src/modules/scheduler/time/grids.js';
import { Lateness } from '../../src/modules/scheduler/time/lateness.js';
import { Pump } from '../../src/modules/scheduler/time/pump.js';
import { Schedule } from '../../src/modules/scheduler/time/schedule.js';
import type { MonitorSchedule } from '../../src/ports/monitor-store.port.js';
import type { EnqueueResult, NewTask } from '../../src/ports/task-queue.port.js';
import { ManualClock } from './manual-clock.js';

/** A row of the table as a scheduler reads it: each 60 s, created long ago. */
export function monitor(id: string, fields: Partial<MonitorSchedule> = {}): MonitorSchedule {
  return {
    id,
    type: 'http',
    name: id,
    interval: 60,
    timeout: 48,
    active: true,
    cron: null,
    timezone: null,
    priority: 'default',
    createdAt: 0,
    updatedAt: 0,
    ...fields,
  };
}

/** Where tasks go in a unit test: each id once, refusing as long as it is told to, as the port allows it. */
export class TaskSink {
  readonly tasks = new Map<string, { at: number; task: NewTask }>();
  /** Every call that was answered. */
  readonly calls: { ids: string[]; watermark: number | undefined }[] = [];
  watermarkNow: number | null = null;
  /** What the next calls meet; `afterwards`: the tasks are taken all the same, as when an answer is lost. */
  failure: { error: AppError; afterwards?: boolean } | null = null;

  constructor(
    /** Of who enqueues at present. */
    public clock: ManualClock,
  ) {}

  /** `<monitor>:<planned>` of all tasks. */
  get ids(): string[] {
    return [...this.tasks.keys()];
  }

  enqueueMany(tasks: readonly NewTask[], _fence?: unknown, watermark?: number): Promise<EnqueueResult[]> {
    const { failure } = this;
    if (failure && !failure.afterwards) return Promise.reject(failure.error);
    const results = tasks.map((task): EnqueueResult => {
      if (this.tasks.has(task.id)) return 'duplicate-id';
      this.tasks.set(task.id, { at: this.clock.now(), task });
      return 'enqueued';
    });
    if (failure) return Promise.reject(failure.error);
    this.calls.push({ ids: tasks.map(({ id }) => id), watermark });
    this.watermarkNow = watermark ?? this.watermarkNow;
    return Promise.resolve(results);
  }

  watermark(): Promise<number | null> {
    return Promise.resolve(this.watermarkNow);
  }
}

/** One term's schedule and pump on a clock that a test turns. */
export class Scheduling {
  readonly settings: SchedulerSettings;
  readonly clock: ManualClock;
  readonly books = new Books();
  readonly lateness: Lateness;
  readonly metrics = new SchedulerMetrics(new Registry());
  readonly logger = pino({ level: process.env.TEST_LOG ?? 'silent' });
  readonly enqueuer: Enqueuer;
  readonly queue: TaskSink;
  readonly lost = new AbortController();
  schedule: Schedule;
  pump: Pump;
  ended: Promise<void> | undefined;

  constructor(now: number, env: Record<string, string> = {}, since = now, queue?: TaskSink) {
    this.clock = new ManualClock(now);
    this.queue = queue ?? new TaskSink(this.clock);
    this.settings = readScheduler({ TZ: 'UTC', ...env }, []) as SchedulerSettings;
    this.lateness = new Lateness(() => this.clock.monotonic());
    this.enqueuer = new Enqueuer(this);
    const { catchUp: policy, windowMs, timezone } = this.settings;
    const grids = new Grids(timezone);
    this.schedule = new Schedule({ since, policy, windowMs, grids, books: this.books });
    this.books.watch(() => this.schedule.dueBy(this.clock.now()));
    const fence = { key: 'k', holder: 'h', isHeld: true };
    this.pump = new Pump(this, { schedule: this.schedule, fence, signal: this.lost.signal });
  }

  /** Takes over rows as the load does, and begins to tick. */
  start(...rows: MonitorSchedule[]): void {
    for (const row of rows) this.schedule.apply(row, this.clock.now());
    this.schedule.endLoad();
    this.ended = this.pump.run();
  }

  apply(row: MonitorSchedule): string {
    const change = this.schedule.apply(row, this.clock.now());
    this.pump.wake();
    return change;
  }

  /** Planned times of a monitor's tasks, in the order in which they were enqueued. */
  plannedOf(id: string): number[] {
    return this.queue.ids
      .filter((each) => each.startsWith(`${id}:`))
      .map((each) => Number(each.slice(id.length + 1)));
  }

  /** Turns the clock when all that was begun has gone to sleep. */
  async advance(ms: number): Promise<void> {
    await setImmediate();
    await this.clock.advance(ms);
  }

  async stop(): Promise<void> {
    this.lost.abort();
    this.schedule.end(this.clock.now());
    await this.ended;
  }
}
