/** Node's timers take no more. */
const LONGEST_MS = 2 ** 31 - 1;

/** One timer for the first of many moments; it may ring early, and must then be told again. */
export class DueTimer {
  private at = Infinity;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly ring: () => void) {}

  /** Rings at `at`, milliseconds since the Unix epoch, unless it does so before. */
  add(at: number): void {
    if (at >= this.at) return;
    this.clear();
    this.at = at;
    const ring = () => {
      this.at = Infinity;
      this.ring();
    };
    this.timer = setTimeout(ring, Math.min(LONGEST_MS, Math.max(1, at - Date.now()))).unref();
  }

  clear(): void {
    clearTimeout(this.timer);
    this.at = Infinity;
  }
}
