import { backoffMs } from '../../core/backoff.js';
import type { Clock } from '../../core/clock.js';

export interface RoundsOptions {
  /** One round; answers how long to rest until the next, milliseconds, Infinity for "until woken". */
  run: (signal: AbortSignal) => Promise<number>;
  /** Told of a round that threw; the next one follows after a back-off of at most `capMs`. */
  onError: (error: unknown) => void;
  capMs: number;
  clock: Clock;
}

const FIRST_BACKOFF_MS = 100;
/** What timers of Node can count. */
const LONGEST_MS = 2 ** 31 - 1;

/** A loop like core/loop that begins at once, says itself how long to rest, and can be woken. Rounds never overlap. */
export class Rounds {
  private readonly ending = new AbortController();
  private nap: AbortController | null = null;
  private isWoken = false;
  private failures = 0;
  private restsUntil = 0;
  /** What `wakeIn` asked for during the round. */
  private due = Infinity;
  private readonly ended: Promise<void>;

  constructor(private readonly options: RoundsOptions) {
    this.ended = this.rounds();
  }

  /** The next round begins at once, or right after this one; a back-off after failures is not cut short. */
  wake(): void {
    this.isWoken = true;
    if (this.failures === 0) this.nap?.abort();
  }

  /** The next round begins in `ms` at the latest. */
  wakeIn(ms: number): void {
    const { clock } = this.options;
    const at = clock.monotonic() + ms;
    if (!this.nap) this.due = Math.min(this.due, at);
    if (!this.nap || at >= this.restsUntil) return;
    this.restsUntil = at;
    const { signal } = this.nap;
    void clock.sleep(ms, signal).then(() => signal.aborted || this.wake());
  }

  /** Ends the loop; resolves when a round that was under way is over. */
  stop(): Promise<void> {
    this.ending.abort();
    this.nap?.abort();
    return this.ended;
  }

  private async rounds(): Promise<void> {
    while (!this.ending.signal.aborted) {
      this.isWoken = false;
      this.due = Infinity;
      const ms = await this.round();
      if (this.isWoken && this.failures === 0) continue;
      const asked = this.failures === 0 ? this.due - this.options.clock.monotonic() : Infinity;
      await this.rest(Math.min(ms, asked, LONGEST_MS));
    }
  }

  private async round(): Promise<number> {
    try {
      const ms = await this.options.run(this.ending.signal);
      this.failures = 0;
      return ms;
    } catch (error) {
      this.failures += 1;
      this.options.onError(error);
      const { capMs } = this.options;
      return backoffMs(this.failures, { baseMs: Math.min(FIRST_BACKOFF_MS, capMs), capMs });
    }
  }

  private async rest(ms: number): Promise<void> {
    if (this.ending.signal.aborted || ms <= 0) return;
    this.nap = new AbortController();
    this.restsUntil = this.options.clock.monotonic() + ms;
    await this.options.clock.sleep(ms, this.nap.signal);
    this.nap.abort(); // ends what wakeIn began
    this.nap = null;
  }
}
