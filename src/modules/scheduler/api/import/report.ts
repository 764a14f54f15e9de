import type { AppError } from '../../../../core/errors.js';
import { errorBody } from '../../../../http/error-body.js';
import type { ApiMetrics, Imported } from '../api.metrics.js';

/** Told one by one; more are counted only. */
const MOST_ERRORS = 1000;

interface Failure {
  at: number;
  id: string | null;
  error: AppError;
}

/** What became of an import, item by item. */
export class ImportReport {
  private readonly counts: Record<Imported, number> = {
    created: 0,
    replaced: 0,
    unchanged: 0,
    skipped: 0,
    failed: 0,
  };
  private readonly ids: (string | null)[] = [];
  private readonly failures: Failure[] = [];

  constructor(
    /** How the answer calls the place of an item. */
    private readonly place: 'index' | 'line',
    private readonly metrics: ApiMetrics,
  ) {}

  /** Takes the next place in the order of the answer. */
  begin(): number {
    return this.ids.push(null) - 1;
  }

  done(place: number, id: string, outcome: Exclude<Imported, 'failed'>): void {
    this.ids[place] = id;
    this.count(outcome);
  }

  failed(at: number, error: AppError, id: string | null = null): void {
    this.count('failed');
    if (this.failures.length < MOST_ERRORS) this.failures.push({ at, id, error });
  }

  /** 200 all done, 207 some, else the first error's. */
  get status(): number {
    const { failed } = this.counts;
    if (failed === 0) return 200;
    return failed < this.ids.length ? 207 : (this.failures[0]?.error.status ?? 422);
  }

  answer(requestId: string) {
    const first = this.failures[0]?.error;
    const isNone = this.status !== 200 && this.status !== 207 && first;
    const counted = {
      success: this.counts.failed === 0,
      total: this.ids.length,
      ...this.counts,
      ids: this.ids,
      errors: this.inOrder(),
      errors_left_out: this.counts.failed - this.failures.length,
    };
    return isNone ? { ...errorBody(first, requestId), ...counted } : counted;
  }

  private inOrder() {
    const sorted = this.failures.sort((one, other) => one.at - other.at);
    return sorted.map(({ at, id, error: { code, message, retryable, detail } }) => ({
      [this.place]: at,
      id,
      error: { code, message, detail: detail ?? message, retryable },
    }));
  }

  private count(outcome: Imported): void {
    this.counts[outcome] += 1;
    this.metrics.imported.inc({ outcome });
  }
}
