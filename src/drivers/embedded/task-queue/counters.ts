const DAY_MS = 24 * 60 * 60_000;

/** Attempts that ended, and those that failed: in all, and on the present day of UTC. */
export class Counters {
  processed = 0;
  failed = 0;
  private day = -1;
  private beforeToday = { processed: 0, failed: 0 };

  ended(hasFailed: boolean, now: number): void {
    this.turn(now);
    this.processed += 1;
    if (hasFailed) this.failed += 1;
  }

  today(now: number): { processed: number; failed: number } {
    this.turn(now);
    const { processed, failed } = this.beforeToday;
    return { processed: this.processed - processed, failed: this.failed - failed };
  }

  private turn(now: number): void {
    const day = Math.floor(now / DAY_MS);
    if (day === this.day) return;
    this.day = day;
    this.beforeToday = { processed: this.processed, failed: this.failed };
  }
}
