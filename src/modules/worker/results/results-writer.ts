import { backoffMs } from '../../../core/backoff.js';
import type { Clock } from '../../../core/clock.js';
import { AppError, asAppError } from '../../../core/errors.js';
import type { FailureLog } from '../../../core/failure-log.js';
import type { Judge, RawResult, StoredResult } from '../../../ports/monitor-store.port.js';
import { judgeBy, type JudgeSettings } from './judge.js';

const LINGER_MS = 20;
const MOST_IN_BATCH = 500;
/** So often it is looked whose time is over, milliseconds. */
const EXPIRE_MS = 250;
const RETRY = { baseMs: 200, capMs: 5_000 };

export interface WriterParts {
  record: (results: readonly RawResult[], judge: Judge) => Promise<StoredResult[]>;
  clock: Clock;
  failures: Pick<FailureLog, 'failed' | 'succeeded'>;
  /** Told of each batch that is safe, before its tasks are. */
  onWritten?: (batch: { size: number; alerts: number; ms: number }) => void;
}

interface Entry {
  result: RawResult;
  settings: JudgeSettings;
  /** Until when it may wait for the store, monotonic milliseconds. */
  until: number;
  resolve: (stored: StoredResult | null) => void;
  reject: (error: AppError) => void;
}

/**
 * Writes results in batches, one at a time: what comes while one is being written is the next one. While the store is
 * away results wait for it, each for as long as its task may; who takes tasks waits with them, so nothing piles up.
 */
export class ResultsWriter {
  private waiting: Entry[] = [];
  private underWay: readonly Entry[] = [];
  /** Why the store took nothing last; null when it took it. */
  private error: AppError | null = null;
  private isWriting = false;
  private readonly stopping = new AbortController();

  constructor(private readonly parts: WriterParts) {}

  get size(): number {
    return this.waiting.length;
  }

  /**
   * Resolves when it is durable: as it was stored, null when it was there before or its monitor is gone.
   * `waitMs`: how long it may wait for the store, also for an answer under way.
   * @throws AppError of the store; OUTCOME_UNKNOWN when it did not answer
   */
  write(result: RawResult, settings: JudgeSettings, waitMs: number): Promise<StoredResult | null> {
    return new Promise((resolve, reject) => {
      const until = this.parts.clock.monotonic() + waitMs;
      this.waiting.push({ result, settings, until, resolve, reject });
      if (!this.isWriting) void this.writeAll();
    });
  }

  /** Waits for the store no more: what cannot be written at once fails. */
  stop(): void {
    this.stopping.abort();
  }

  private async writeAll(): Promise<void> {
    this.isWriting = true;
    const over = new AbortController();
    void this.expire(over.signal);
    await this.parts.clock.sleep(LINGER_MS, this.stopping.signal);
    for (let tries = 0; this.waiting.length > 0;) {
      const batch = (this.underWay = this.waiting.splice(0, MOST_IN_BATCH));
      const error = (this.error = await this.tryAll(batch));
      this.underWay = [];
      tries = error ? tries + 1 : 0;
      if (error) await this.parts.clock.sleep(backoffMs(tries, RETRY), this.stopping.signal);
      if (error && this.stopping.signal.aborted)
        for (const { reject } of this.waiting.splice(0)) reject(error);
    }
    over.abort();
    this.isWriting = false;
  }

  /** Fails each entry when its time is over, whatever the store does. */
  private async expire(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.parts.clock.sleep(EXPIRE_MS, signal);
      if (signal.aborted) return;
      const now = this.parts.clock.monotonic();
      const isOver = ({ until }: Entry) => until <= now;
      // One that is under way may be written all the same: a repeat of its id changes nothing.
      for (const { reject } of this.underWay.filter(isOver)) reject(this.error ?? unanswered());
      for (const { reject } of this.waiting.filter(isOver)) reject(this.error ?? unanswered());
      this.waiting = this.waiting.filter((entry) => !isOver(entry));
    }
  }

  /** Answers why the store took nothing; then all are waiting again. */
  private async tryAll(batch: Entry[]): Promise<AppError | null> {
    const error = await this.tryOnce(batch);
    if (!error) return null;
    if (isPassing(error)) {
      this.parts.failures.failed(error.message.replace(/\.$/, ''));
      this.waiting = [...batch, ...this.waiting];
      return error;
    }
    // One of them is to blame: the others must not suffer for it.
    if (batch.length === 1) {
      batch[0]!.reject(error);
      return null;
    }
    return this.tryEach(batch);
  }

  private async tryEach(batch: readonly Entry[]): Promise<AppError | null> {
    for (const [index, entry] of batch.entries()) {
      const error = await this.tryAll([entry]);
      if (!error) continue;
      // Behind this one, before those that came later.
      this.waiting.splice(1, 0, ...batch.slice(index + 1));
      return error;
    }
    return null;
  }

  private async tryOnce(batch: readonly Entry[]): Promise<AppError | null> {
    const { record, clock, failures, onWritten } = this.parts;
    const began = clock.monotonic();
    const { judge, alerts } = counting(
      judgeBy(new Map(batch.map(({ result, settings }) => [result.monitorId, settings]))),
    );
    try {
      const stored = await record(
        batch.map(({ result }) => result),
        judge,
      );
      failures.succeeded();
      onWritten?.({ size: batch.length, alerts: alerts(), ms: clock.monotonic() - began });
      const byId = new Map(stored.map((result) => [result.id, result]));
      for (const { result, resolve } of batch) resolve(byId.get(result.id) ?? null);
      return null;
    } catch (error) {
      return asAppError(error);
    }
  }
}

function unanswered(): AppError {
  return new AppError('OUTCOME_UNKNOWN', 'The monitor store has not answered in time.');
}

/** The same call can succeed later: ids make a repeat harmless. */
function isPassing({ code, retryable }: AppError): boolean {
  return retryable || code === 'OUTCOME_UNKNOWN';
}

/** How many alerts the judge gave: as good as how many there are, to know whether to look. */
function counting(judge: Judge): { judge: Judge; alerts: () => number } {
  let alerts = 0;
  return {
    judge: (state, result) => {
      const judgement = judge(state, result);
      alerts += judgement.alerts.length;
      return judgement;
    },
    alerts: () => alerts,
  };
}
