import type { Clock } from '../../core/clock.js';

/** Ends a wait early. A ring that comes while nobody waits ends the next wait at once. */
export class LeaseBell {
  private rung = new AbortController();

  constructor(private readonly clock: Clock) {}

  ring(): void {
    this.rung.abort();
  }

  async wait(ms: number): Promise<void> {
    await this.clock.sleep(Math.max(0, ms), this.rung.signal);
    if (this.rung.signal.aborted) this.rung = new AbortController();
  }
}
