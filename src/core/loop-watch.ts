import { systemClock, type Clock } from './clock.js';
import { startLoop, type Loop } from './loop.js';

const BEAT_MS = 50;
/** Delays that are remembered; a check that began before all of them asks in vain, and is over by then. */
const MOST_KEPT = 1_000;

interface Delay {
  /** When it was over, monotonic milliseconds. */
  at: number;
  lateMs: number;
}

/**
 * Knows when the event loop of this process was held up, by a beat that then came late: by work, by a machine that
 * swaps, or because the process was stopped for a while. It beats while somebody watches: an idle process sleeps.
 */
export class LoopWatch {
  private watchers = 0;
  /** Null: nobody beats. */
  private beatAt: number | null = null;
  private loop: Loop | undefined;
  private readonly delays: Delay[] = [];

  constructor(
    /** What counts, milliseconds. */
    private readonly lateMs: number,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Answers what ends it. */
  watch(): () => void {
    this.watchers += 1;
    if (this.beatAt === null) this.start();
    return () => {
      this.look();
      this.watchers -= 1;
    };
  }

  async stop(): Promise<void> {
    this.beatAt = null;
    await this.loop?.stop();
  }

  private start(): void {
    this.beatAt = this.clock.monotonic();
    const beat = { name: 'event-loop-watch', everyMs: BEAT_MS, run: () => this.beat() };
    this.loop = startLoop({ ...beat, onError: () => undefined, clock: this.clock });
  }

  /** The longest delay that was not over at `since` (monotonic milliseconds), if it counts; else 0. */
  longestSince(since: number): number {
    // One that is not over may be seen by others before the beat.
    this.look();
    let longest = 0;
    for (let index = this.delays.length - 1; index >= 0 && this.delays[index]!.at > since; index -= 1)
      longest = Math.max(longest, this.delays[index]!.lateMs);
    return longest;
  }

  /** How many delays were not over at `since` (monotonic milliseconds). */
  countSince(since: number): number {
    this.look();
    return this.delays.filter(({ at }) => at > since).length;
  }

  private beat(): void {
    this.look();
    if (this.watchers === 0) return void this.stop();
    this.beatAt = this.clock.monotonic();
  }

  private look(): void {
    if (this.beatAt === null) return;
    const now = this.clock.monotonic();
    const lateMs = now - this.beatAt - BEAT_MS;
    if (lateMs < this.lateMs) return;
    this.beatAt = now - BEAT_MS;
    this.delays.push({ at: now, lateMs });
    if (this.delays.length > MOST_KEPT) this.delays.shift();
  }
}
