import { AppError } from '../../core/errors.js';
import type { AppendOutcome } from '../../ports/record-log.port.js';
import { refusal } from './refusals.js';

/** One call of `append` on its way: it is answered once, at the latest at its deadline. */
export class AppendCall {
  readonly outcomes: Promise<AppendOutcome[]>;
  /** Handed to the worker: from then on only the worker knows. */
  handedOver = false;
  /** Where it is in its message for the worker. */
  place = 0;
  private answer!: (outcomes: AppendOutcome[]) => void;
  private answerLater: ((outcomes: AppendOutcome[]) => void) | undefined;
  private answered = false;

  constructor(
    readonly count: number,
    /** What it takes in the buffer. */
    readonly bytes: number,
    /** On the monotonic clock, milliseconds. */
    readonly deadline: number,
  ) {
    this.outcomes = new Promise((resolve) => {
      this.answer = resolve;
    });
  }

  get isAnswered(): boolean {
    return this.answered;
  }

  /** The worker's answer: two numbers per record from `at` on. */
  settle(places: Float64Array, at: number): void {
    const outcomes: AppendOutcome[] = [];
    for (let i = at; i < at + 2 * this.count; i += 2) outcomes.push(outcomeOf(places[i]!, places[i + 1]!));
    this.end(outcomes);
  }

  /** All of it ends with one error. */
  fail(error: AppError): void {
    this.end(Array.from({ length: this.count }, () => ({ ok: false, error })));
  }

  /** Time is up. What the worker has may be written yet, and is told `later`. */
  expire(error: AppError): void {
    if (!this.handedOver) return this.fail(error);
    const later = new Promise<AppendOutcome[]>((resolve) => {
      this.answerLater = resolve;
    });
    this.answered = true;
    this.answer(
      Array.from({ length: this.count }, (_, i) => ({
        ok: false,
        error,
        later: later.then((outcomes) => outcomes[i]!),
      })),
    );
  }

  private end(outcomes: AppendOutcome[]): void {
    if (this.answered) return this.answerLater?.(outcomes);
    this.answered = true;
    this.answer(outcomes);
  }
}

function outcomeOf(partition: number, offset: number): AppendOutcome {
  return partition >= 0 ? { ok: true, partition, offset } : { ok: false, error: refusal(partition, offset) };
}
