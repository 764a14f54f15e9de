/** Runs while something is waited for, and says by a signal that it did not come in time. */
export class IdleTimer {
  private readonly over = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly ms: number) {
    this.start();
  }

  /** Aborts when nothing came for `ms` milliseconds. */
  get signal(): AbortSignal {
    return this.over.signal;
  }

  /** Waits anew, the whole time. */
  start(): void {
    this.stop();
    this.timer = setTimeout(() => this.over.abort(), this.ms);
  }

  /** Nothing is waited for. */
  stop(): void {
    clearTimeout(this.timer);
  }
}
