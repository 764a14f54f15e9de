import type { Clock } from '../../../core/clock.js';

/** Longest wait between two looks at the clock, milliseconds: the wall clock may be set. */
const LOOK_MS = 1_000;

/** One timer for the first of many moments. It may ring early, and must be set again after each ring. */
export class Alarm {
  private at = Infinity;
  private sleep: AbortController | undefined;

  constructor(
    private readonly clock: Clock,
    /** `clock.now` or `clock.monotonic`: what the moments are of. */
    private readonly now: () => number,
    private readonly ring: () => void,
  ) {}

  /** Rings at `at` unless it does so before; Infinity: it need not ring. */
  set(at: number): void {
    if (at >= this.at) return;
    this.clear();
    this.at = at;
    const sleep = (this.sleep = new AbortController());
    const ms = Math.min(LOOK_MS, Math.max(0, at - this.now()));
    void this.clock.sleep(ms, sleep.signal).then(() => {
      if (sleep.signal.aborted) return;
      this.at = Infinity;
      this.ring();
    });
  }

  clear(): void {
    this.at = Infinity;
    this.sleep?.abort();
  }
}
