import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import type { Fence, Term } from '../../ports/leader-lease.port.js';

export interface TermFacts {
  number: number;
  since: number;
  key: string;
  holder: string;
}

/**
 * A term, as its holder may believe in it: until a moment on its own monotonic clock, which is asked each time, so that
 * a pause of the process ends it before any timer runs.
 */
export class LeaseTerm implements Term {
  readonly fence: Fence;
  private readonly end = new AbortController();

  constructor(
    private readonly facts: TermFacts,
    private until: number,
    private readonly clock: Clock,
  ) {
    // Each fence has its own term, not whichever its process holds later.
    const isHeld = () => this.isHeld;
    this.fence = {
      key: facts.key,
      holder: facts.holder,
      get isHeld() {
        return isHeld();
      },
    };
  }

  get number(): number {
    return this.facts.number;
  }

  get since(): number {
    return this.facts.since;
  }

  get lost(): AbortSignal {
    return this.end.signal;
  }

  get leftMs(): number {
    return this.isHeld ? this.until - this.clock.monotonic() : 0;
  }

  get isHeld(): boolean {
    if (!this.end.signal.aborted && this.clock.monotonic() >= this.until) {
      this.over('The lease was not renewed in time.');
    }
    return !this.end.signal.aborted;
  }

  /** By an answer that came now; false when it came too late. */
  prolong(until: number): boolean {
    if (!this.isHeld) return false;
    this.until = Math.max(this.until, until);
    return true;
  }

  /** Ends it, unless it is over. */
  over(reason: string): void {
    this.end.abort(new AppError('LEASE_LOST', reason));
  }
}
