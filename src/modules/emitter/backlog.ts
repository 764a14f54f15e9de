import type { Tick } from './time/ticker.js';

/** As many as are made up for at one wake-up. */
const MOST = 1000;

/** Missed ticks that are made up for and find no place in flight: they wait for one, the oldest first. */
export class Backlog {
  private ticks: { tick: Tick; since: number }[] = [];

  /** Milliseconds on the clock that `now` is of. */
  constructor(private readonly windowMs: number) {}

  get size(): number {
    return this.ticks.length;
  }

  /** False when it is full. `now`: monotonic, milliseconds. */
  add(tick: Tick, now: number): boolean {
    if (this.ticks.length >= MOST) return false;
    this.ticks.push({ tick, since: now });
    return true;
  }

  /** The oldest, as late as it is by now; and how many before it have grown too old. */
  next(now: number): { tick: Tick | null; tooOld: number } {
    for (let tooOld = 0; ; tooOld += 1) {
      const first = this.ticks.shift();
      if (!first) return { tick: null, tooOld };
      const latenessMs = first.tick.latenessMs + (now - first.since);
      if (latenessMs <= this.windowMs) return { tick: { ...first.tick, latenessMs }, tooOld };
    }
  }

  /** Answers how many there were. */
  clear(): number {
    return this.ticks.splice(0).length;
  }
}
