import type { AlarmClock } from '../../src/core/clock.js';

interface Sleeper {
  at: number;
  wake: () => void;
}

/** Time that stands still until a test turns it. */
export class ManualClock implements AlarmClock {
  private sleepers: Sleeper[] = [];
  /** Wall clock minus monotonic. */
  private wallAhead = 0;

  constructor(private time = 0) {}

  now(): number {
    return this.time + this.wallAhead;
  }

  monotonic(): number {
    return this.time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.sleepers.push({ at: this.time + ms, wake });
      signal?.addEventListener('abort', wake, { once: true });
      if (signal?.aborted) wake();
    });
  }

  after(ms: number, ring: () => void): () => void {
    const sleeper = { at: this.time + ms, wake: ring };
    this.sleepers.push(sleeper);
    return () => (this.sleepers = this.sleepers.filter((other) => other !== sleeper));
  }

  /** Turns the clock, waking each sleeper at its own moment and letting it run before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      const next = this.sleepers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.sleepers = this.sleepers.filter((sleeper) => sleeper !== next);
      this.time = Math.max(this.time, next.at);
      next.wake();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.time = Math.max(this.time, end);
  }

  /** Time passes and nobody is woken, as when the event loop hangs; the next `advance` wakes who is due. */
  stall(ms: number): void {
    this.time += ms;
  }

  /** Sets the wall clock, ahead or (negative) back; the monotonic one goes on. */
  stepWall(ms: number): void {
    this.wallAhead += ms;
  }
}
