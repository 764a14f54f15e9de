export interface CircuitBreakerOptions {
  /** Failures in a row that open it. */
  failures: number;
  /** How long it is open the first time, milliseconds; doubles with each probe that fails. */
  openMs: number;
  /** It is never open for longer, milliseconds. */
  maxOpenMs: number;
  /** A clock that is never set back, milliseconds. */
  monotonic: () => number;
  /** From 0 to 1, exclusive; Math.random unless a test says otherwise. */
  random?: () => number;
}

/** As a gauge shows it. */
export const CIRCUIT_STATES = { closed: 0, 'half-open': 1, open: 2 } as const;

export type CircuitState = keyof typeof CIRCUIT_STATES;

/** One send that the breaker let through: exactly one of these is to be called, further calls do nothing. */
export interface Permit {
  /** The target answered, be it with a refusal. */
  succeeded(): void;
  /** A failure that may heal. */
  failed(): void;
  /** It tells nothing about the target: given up by ourselves. */
  withdrawn(): void;
}

/**
 * Spares a target that keeps failing, and us the waiting: after some failures in a row nothing is sent to it for a
 * while, then one probe at a time until one succeeds. Ours and not cockatiel's because that one keeps its own time and
 * wraps calls that throw, while a send answers with a result.
 */
export class CircuitBreaker {
  private inARow = 0;
  /** Openings since it was last closed. */
  private openings = 0;
  private openUntil = 0;
  private probing = false;
  /** A send that began before the state changed has no say in the new one. */
  private era = 0;

  constructor(private readonly options: CircuitBreakerOptions) {}

  get state(): CircuitState {
    if (this.openings === 0) return 'closed';
    return this.probing || this.retryInMs === 0 ? 'half-open' : 'open';
  }

  /** Milliseconds until a send may be let through again; 0 unless open. */
  get retryInMs(): number {
    return this.openings === 0 ? 0 : Math.max(0, this.openUntil - this.options.monotonic());
  }

  /** Whether `enter` would let a send through now. */
  get admits(): boolean {
    return this.openings === 0 || (!this.probing && this.retryInMs === 0);
  }

  /** Null when nothing may be sent now. */
  enter(): Permit | null {
    if (!this.admits) return null;
    this.probing = this.openings > 0;
    return this.permit();
  }

  private permit(): Permit {
    const era = this.era;
    let used = false;
    const once = (say: () => void) => () => {
      if (used || era !== this.era) return;
      used = true;
      say();
    };
    return {
      succeeded: once(() => this.close()),
      failed: once(() => this.countFailure()),
      withdrawn: once(() => (this.probing = false)),
    };
  }

  private close(): void {
    if (this.openings > 0) this.era += 1;
    this.inARow = 0;
    this.openings = 0;
    this.probing = false;
  }

  private countFailure(): void {
    this.inARow += 1;
    if (this.openings === 0 && this.inARow < this.options.failures) return;
    const { openMs, maxOpenMs, monotonic, random = Math.random } = this.options;
    const longest = Math.min(maxOpenMs, openMs * 2 ** Math.min(this.openings, 40));
    // At least half of it, so that a target is spared; the rest by lot, so that not all probe at once.
    this.openUntil = monotonic() + (longest * (1 + random())) / 2;
    this.openings += 1;
    this.era += 1;
    this.probing = false;
  }
}
