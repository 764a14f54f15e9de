interface Timed {
  readonly deadline: number;
  readonly done: boolean;
}

/**
 * Tells of those whose deadline came before they were done. All have the same time, so they come in the order in
 * which they were added, and one timer serves them all.
 */
export class Deadlines<T extends Timed> {
  /** Those before `head` are let go of at once: a done call holds all its outcomes. */
  private items: (T | undefined)[] = [];
  private head = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly onDue: (item: T) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  add(item: T): void {
    this.dropDone();
    this.items.push(item);
    this.timer ??= this.arm();
  }

  /** All at once, whenever they were due. */
  expireAll(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.expireUntil(Infinity);
  }

  private arm(): NodeJS.Timeout | null {
    const next = this.items[this.head];
    if (!next) return null;
    return setTimeout(() => this.onTimer(), Math.max(1, Math.ceil(next.deadline - this.now())));
  }

  private onTimer(): void {
    this.expireUntil(this.now());
    this.timer = this.arm();
  }

  private expireUntil(time: number): void {
    for (;;) {
      this.dropDone();
      const next = this.items[this.head];
      if (!next || next.deadline > time) return;
      this.forgetFirst();
      this.onDue(next);
    }
  }

  private forgetFirst(): void {
    this.items[this.head] = undefined;
    this.head += 1;
  }

  private dropDone(): void {
    while (this.items[this.head]?.done) this.forgetFirst();
    if (this.head > 1024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
  }
}
