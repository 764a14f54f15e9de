/** A channel that works again alone waits so long for its siblings, milliseconds. */
const SIBLINGS_MS = 100;
/**
 * However many messages cannot be read, they are one gap in so long, milliseconds: twice as long each time, as every
 * listener reads everything anew, until none came for the longest of these waits.
 */
const UNREADABLE_MS = 1_000;
const LONGEST_UNREADABLE_MS = 60_000;

/** Makes one gap of many: a new connection makes every channel's subscription again, one by one. */
export class Gaps {
  private readonly working = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  /** When `timer` ends, on the monotonic clock. */
  private endsAt = Infinity;
  private began = false;
  private unreadableMs = UNREADABLE_MS;
  private unreadableAt = -Infinity;

  constructor(
    private readonly channels: number,
    /** Tells the listeners. Must not throw. */
    private readonly tell: (reason: string) => void,
  ) {}

  /** Every channel has worked since the start. */
  get hasBegun(): boolean {
    return this.began;
  }

  /** This channel's subscription works from now on (again). */
  works(channel: string, reason: string): void {
    this.working.add(channel);
    if (this.working.size === this.channels) this.tellNow(reason);
    else this.tellWithin(SIBLINGS_MS, reason);
  }

  /** A message could not be read. */
  unreadable(reason: string): void {
    const now = performance.now();
    if (now - this.unreadableAt > LONGEST_UNREADABLE_MS) this.unreadableMs = UNREADABLE_MS;
    this.unreadableAt = now;
    if (this.timer || !this.began) return;
    this.tellWithin(this.unreadableMs, reason);
    this.unreadableMs = Math.min(2 * this.unreadableMs, LONGEST_UNREADABLE_MS);
  }

  /** Nobody listens any more. */
  reset(): void {
    this.stopTimer();
    this.working.clear();
    this.began = false;
  }

  private tellWithin(ms: number, reason: string): void {
    if (!this.began) return; // the beginning is told once every channel works, and covers this
    const endsAt = performance.now() + ms;
    if (endsAt >= this.endsAt) return;
    this.stopTimer();
    this.endsAt = endsAt;
    this.timer = setTimeout(() => this.tellNow(reason), ms).unref();
  }

  private stopTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.endsAt = Infinity;
  }

  private tellNow(reason: string): void {
    this.reset();
    this.began = true;
    this.tell(reason);
  }
}
