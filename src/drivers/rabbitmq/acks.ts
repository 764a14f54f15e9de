/**
 * Acknowledges what was settled in one turn of the event loop together, to spare frames: one for all below the oldest
 * unsettled delivery, one each for the others.
 */
export class Acks {
  /** Delivery tags in hand; they come ascending, so the first is the oldest. */
  private readonly unsettled = new Set<number>();
  private due: number[] = [];
  private isHeld = false;

  constructor(
    /** `multiple`: the broker takes every one up to `tag`, which must itself be unacknowledged. Must not throw. */
    private readonly send: (tag: number, multiple: boolean) => void,
    private readonly later: (task: () => void) => void = setImmediate,
  ) {}

  delivered(tag: number): void {
    this.unsettled.add(tag);
  }

  acknowledge(tag: number): void {
    this.unsettled.delete(tag);
    if (this.due.push(tag) === 1) this.later(() => this.isHeld || this.flush());
  }

  /** From now on they wait for `flush`, so that the last of them are one frame. */
  hold(): void {
    this.flush();
    this.isHeld = true;
  }

  /** It was settled in another way. */
  forget(tag: number): void {
    this.unsettled.delete(tag);
  }

  flush(): void {
    const due = this.due;
    this.due = [];
    const [oldest = Infinity] = this.unsettled;
    const upTo = Math.max(0, ...due.filter((tag) => tag < oldest));
    if (upTo > 0) this.send(upTo, true);
    for (const tag of due) if (tag > upTo) this.send(tag, false);
  }
}
