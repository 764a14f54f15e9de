import type { Clock } from '../../src/core/clock.js';

interface Sleeper {
  at: number;
  wake: () => void;
}

/** Time that stands still until a test turns it. */
export class ManualClock implements Clock {
  private sleepers: Sleeper[] = [];

  constructor(private time = 0) {}

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = { at: this.time + ms, wake: resolve };
      this.sleepers.push(sleeper);
      signal?.addEventListener('abort', () => resolve(), { once: true });
      if (signal?.aborted) resolve();
    });
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
    this.time = end;
  }
}
