/** Hands on at most `most` at once; the others wait in their order, and all do while it is closed. */
export class Gate<T> {
  private waiting: T[] = [];
  private held = 0;
  private isOpen = true;
  private isHanding = false;

  constructor(
    private readonly most: number,
    /** Must not throw. */
    private readonly onNext: (item: T) => void,
  ) {}

  /** Those that were handed on and are not done. */
  get inHand(): number {
    return this.held;
  }

  add(item: T): void {
    this.waiting.push(item);
    this.handOn();
  }

  /** One that was handed on is done. */
  done(): void {
    this.held -= 1;
    this.handOn();
  }

  /** Forgets those that wait. */
  clear(): void {
    this.waiting = [];
  }

  close(): void {
    this.isOpen = false;
  }

  open(): void {
    this.isOpen = true;
    this.handOn();
  }

  private handOn(): void {
    if (this.isHanding) return; // one was done at once: the loop below goes on
    this.isHanding = true;
    while (this.isOpen && this.held < this.most && this.waiting.length > 0) {
      this.held += 1;
      this.onNext(this.waiting.shift()!);
    }
    this.isHanding = false;
  }
}
