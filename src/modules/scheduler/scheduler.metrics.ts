import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Registry } from 'prom-client';
import type { ErrorCode } from '../../core/errors.js';
import { LatenessHistogram } from './lateness-histogram.js';
import { SKIP_REASONS, type BooksSnapshot } from './time/books.js';

/** How the scheduler learns of monitors. */
export type SyncKind = 'load' | 'full' | 'delta' | 'events';

/** What gauges show, whenever somebody looks. */
export interface SchedulerGauges {
  books: () => BooksSnapshot;
  monitors: () => number;
  unschedulable: () => number;
  /** Milliseconds since the Unix epoch; null before the first. */
  watermark: () => number | null;
}

/** The figures of the scheduler. The books are those of the status, read when somebody looks. */
@Injectable()
export class SchedulerMetrics {
  readonly lateness: LatenessHistogram;
  readonly failures: Counter<'code'>;
  /** Batches that the queue took. */
  batches = 0;
  readonly syncs: Counter<'kind' | 'outcome'>;
  readonly changes: Counter<'change'>;
  readonly silent: Counter;

  constructor(private readonly registry: Registry) {
    const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
      new Counter({ name: `carillon_scheduler_${name}_total`, help, labelNames, registers: [registry] });
    this.lateness = new LatenessHistogram('carillon_scheduler_lateness_seconds', registry);
    this.failures = counter('enqueue_failures', 'Batches that the queue did not take, by code', ['code']);
    this.count('batches', 'Batches that the queue took', () => this.batches);
    this.syncs = counter('syncs', 'Readings of monitors from the store', ['kind', 'outcome']);
    this.changes = counter('changes', 'Monitors added, replanned, resumed, paused or removed', ['change']);
    this.silent = counter('silent', 'Alerts for monitors that no result came of');
  }

  failed(code: ErrorCode): void {
    this.failures.inc({ code });
  }

  watch({ books: look, monitors, unschedulable, watermark }: SchedulerGauges): void {
    const books = onceAPass(look);
    this.gauge('monitors', 'Monitors that have ticks to come', monitors);
    this.gauge('unschedulable_monitors', 'Active monitors whose rows make no sense', unschedulable);
    this.gauge('watermark_seconds', 'Up to when all ticks are dealt with, Unix time; 0 before', () =>
      Math.max(0, (watermark() ?? 0) / 1000),
    );
    this.gauge('waiting', 'Ticks that are due and not dealt with', () => books().waiting);
    this.count('planned', 'Ticks that were due', () => books().planned);
    this.count('enqueued', 'Ticks that became a task', () => books().enqueued);
    this.count('duplicate', 'Ticks whose task lay in the queue already', () => books().duplicate);
    new Counter({
      name: 'carillon_scheduler_skipped_total',
      help: 'Ticks that became no task, by reason',
      labelNames: ['reason'],
      registers: [this.registry],
      collect() {
        this.reset();
        const snapshot = books().skipped;
        for (const reason of SKIP_REASONS) this.inc({ reason }, snapshot[reason]);
      },
    });
  }

  private gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name: `carillon_scheduler_${name}`,
      help,
      registers: [this.registry],
      collect() {
        this.set(value());
      },
    });
  }

  private count(name: string, help: string, value: () => number): void {
    new Counter({
      name: `carillon_scheduler_${name}_total`,
      help,
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  }
}

/** One answer for all who ask in the same breath, as the metrics of one scrape do: they balance, like the books. */
function onceAPass<T>(look: () => T): () => T {
  let seen: { value: T } | null = null;
  return () => {
    if (seen === null) {
      seen = { value: look() };
      queueMicrotask(() => (seen = null));
    }
    return seen.value;
  };
}
