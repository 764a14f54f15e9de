import type { EmitResult } from '../message.js';

/** As the contract has it (CONTRACTS §3). */
export const WINDOW = 100;

/** One message whose outcome is known. */
export interface Outcome {
  /** From the planned time to the beginning of its first attempt, milliseconds; never negative. */
  jitterMs: number;
  /** Of its last answer; null when there was none. */
  status: number | null;
  /** Everything that is not delivered: refused, given up, no connection. */
  failed: boolean;
  /** The last attempt's, milliseconds. */
  latencyMs: number;
}

export interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
}

export interface WindowSnapshot {
  /** Outcomes in the window, 100 at most, and since the start. */
  size: number;
  total: number;
  /** Of the window, 0 to 1; 0 when it is empty. */
  failureRate: number;
  /** Milliseconds; null while the window is empty. */
  jitterMs: Percentiles | null;
  latencyMs: Percentiles | null;
}

/** Statistics over the last 100 outcomes. Jitter is lateness: our ticks are never early. */
export class OutcomeWindow {
  private readonly outcomes: Outcome[] = [];
  private total = 0;

  record(outcome: Outcome): void {
    this.outcomes.push(outcome);
    if (this.outcomes.length > WINDOW) this.outcomes.shift();
    this.total += 1;
  }

  get failureRate(): number {
    if (this.outcomes.length === 0) return 0;
    return this.outcomes.filter(({ failed }) => failed).length / this.outcomes.length;
  }

  /**
   * The contract's log line, about the newest outcome; `---` is the status of one that no server answered.
   * `HTTP metrics: jitter=  0.1 ms | status=200 | fail=  0.0% | win=  7/100 | total=7`
   */
  line(): string {
    const last = this.outcomes.at(-1);
    const jitter = (last?.jitterMs ?? 0).toFixed(1).padStart(5);
    const fail = (this.failureRate * 100).toFixed(1).padStart(5);
    const size = String(this.outcomes.length).padStart(3);
    return `HTTP metrics: jitter=${jitter} ms | status=${last?.status ?? '---'} | fail=${fail}% | win=${size}/${WINDOW} | total=${this.total}`;
  }

  snapshot(): WindowSnapshot {
    const { outcomes, total, failureRate } = this;
    return {
      size: outcomes.length,
      total,
      failureRate,
      jitterMs: percentiles(outcomes.map(({ jitterMs }) => jitterMs)),
      latencyMs: percentiles(outcomes.map(({ latencyMs }) => latencyMs)),
    };
  }
}

/** What the window keeps of a message that came to an end. */
export function outcomeOf({ end, status, latencyMs }: EmitResult, jitterMs: number): Outcome {
  return { jitterMs, status, failed: end !== 'delivered', latencyMs };
}

/** By nearest rank: each is a value that occurred. */
function percentiles(values: number[]): Percentiles | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
