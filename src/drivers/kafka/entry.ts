import { AppError } from '../../core/errors.js';
import type { AppendOutcome, NewRecord } from '../../ports/record-log.port.js';

/** About what Kafka's batch and our objects add to a record's own bytes. */
export const RECORD_OVERHEAD = 70;

/** One `append()`: resolves when each of its records has its outcome. */
export class Call {
  readonly outcomes: Promise<AppendOutcome[]>;
  /** Those records that have no outcome yet, among others that have; empty when all are settled. */
  entries: Entry[] = [];
  private readonly found: AppendOutcome[];
  private left: number;
  private resolve!: (outcomes: AppendOutcome[]) => void;

  constructor(
    count: number,
    /** Milliseconds on the monotonic clock. */
    readonly deadline: number,
    private readonly onDone: (records: number) => void = () => undefined,
  ) {
    this.left = count;
    this.found = new Array<AppendOutcome>(count);
    this.outcomes = new Promise((resolve) => (this.resolve = resolve));
  }

  get done(): boolean {
    return this.left === 0;
  }

  settle(index: number, outcome: AppendOutcome): void {
    this.found[index] = outcome;
    this.left -= 1;
    if (this.left > 0) return;
    this.entries = []; // the list of deadlines may keep the call for a while
    this.resolve(this.found);
    this.onDone(this.found.length);
  }
}

/** What an entry is part of while it is being sent. */
export interface Holder {
  /** Asks for no further attempt: true when its records are certainly not written, and will not be. */
  giveUp(): boolean;
  /** Why it has not been written so far. */
  readonly lastError: unknown;
}

/** One record on its way. It has its outcome once, and may learn more `later`. */
export class Entry {
  /** How often it was in a request that was sent and failed. */
  attempts = 0;
  /** The batch that it is part of; null while it waits. */
  holder: Holder | null = null;
  done = false;
  private later: ((outcome: AppendOutcome) => void) | null = null;

  /** What it takes of the buffer. */
  readonly bytes: number;

  constructor(
    private readonly call: Call,
    private readonly index: number,
    readonly record: NewRecord,
    ownBytes: number,
  ) {
    this.bytes = ownBytes + RECORD_OVERHEAD;
  }

  get deadline(): number {
    return this.call.deadline;
  }

  /** The outcome, or what became known after OUTCOME_UNKNOWN. */
  settle(outcome: AppendOutcome): void {
    if (this.done) {
      this.later?.(outcome);
      this.later = null;
      return;
    }
    this.done = true;
    this.call.settle(this.index, outcome);
  }

  fail(error: AppError): void {
    this.settle({ ok: false, error });
  }

  /** It may have been written, and nothing more will be learned. */
  settleUnknown(cause: unknown): void {
    this.fail(outcomeUnknown(cause));
  }

  /** It may have been written, or be written yet: that is its outcome for now, and `later` follows. */
  expireUnknown(cause: unknown): void {
    const later = new Promise<AppendOutcome>((resolve) => (this.later = resolve));
    this.done = true;
    this.call.settle(this.index, { ok: false, error: outcomeUnknown(cause), later });
  }
}

export function outcomeUnknown(cause: unknown): AppError {
  const message = 'Kafka did not confirm the record in time: it may have been written. It is not sent again.';
  return new AppError('OUTCOME_UNKNOWN', message, { cause });
}

/** The bytes of a record's own: key, value, headers. */
export function bytesOf({ key, value, headers }: NewRecord): number {
  let bytes = (key === null ? 0 : Buffer.byteLength(key)) + (value === null ? 0 : Buffer.byteLength(value));
  if (headers === null) return bytes;
  for (const name of Object.keys(headers)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '');
  }
  return bytes;
}
