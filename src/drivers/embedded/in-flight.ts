/** What waits for the worker's answer. */
export interface Flying {
  /** What it takes in the buffer. */
  readonly bytes: number;
  /** On the monotonic clock, milliseconds; never before that of one that was added earlier. */
  readonly deadline: number;
}

/** What was taken and is not over, the oldest first, with one timer for all their deadlines. */
export class InFlight<T extends Flying> {
  /** Those without an outcome yet, and those that the worker has though their deadline is over. */
  private readonly all = new Set<T>();
  private readonly unanswered = new Set<T>();
  private bytesHeld = 0;
  private expiry: NodeJS.Timeout | undefined;
  private whenEmpty: (() => void) | undefined;

  /** `onLate` is told once of each whose deadline passed without an outcome. */
  constructor(private readonly onLate: (item: T) => void) {}

  get bytes(): number {
    return this.bytesHeld;
  }

  add(item: T): void {
    this.all.add(item);
    this.unanswered.add(item);
    this.bytesHeld += item.bytes;
    this.watch();
  }

  /** It is over: `answer` is called, unless it was over before. */
  end(item: T, answer: () => void): void {
    if (!this.all.delete(item)) return;
    this.unanswered.delete(item);
    this.bytesHeld -= item.bytes;
    answer();
    if (this.all.size === 0) this.whenEmpty?.();
  }

  /** Hands what has no outcome at `now` to `late`, and waits for none of it any more. */
  expire(now: number, late: (item: T) => void): void {
    for (const item of this.unanswered) {
      if (item.deadline > now) break;
      this.unanswered.delete(item);
      late(item);
    }
  }

  /** Resolves when nothing is in flight. */
  async empty(): Promise<void> {
    if (this.all.size === 0) return;
    await new Promise<void>((resolve) => {
      this.whenEmpty = resolve;
    });
  }

  private watch(): void {
    if (this.expiry) return;
    const [first] = this.unanswered;
    if (!first) return;
    const expire = () => {
      this.expiry = undefined;
      this.expire(performance.now(), this.onLate);
      this.watch();
    };
    this.expiry = setTimeout(expire, Math.max(1, first.deadline - performance.now())).unref();
  }
}
