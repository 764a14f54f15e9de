import { backoffMs } from '../../../core/backoff.js';
import type { Clock } from '../../../core/clock.js';

const RETRY = { baseMs: 500, capMs: 15_000 };

export interface ChoreOptions {
  run: () => Promise<void>;
  /** Told of a run that failed; it is tried again. */
  onError: (error: unknown) => void;
  /** What rings within this time is served by one run, milliseconds. */
  delayMs: number;
  clock: Clock;
  /** Ends it. */
  signal: AbortSignal;
}

/** Something that is to be done soon whenever the bell rings, one run at a time, until it succeeds. */
export class Chore {
  private isAsked = false;
  private isRunning = false;

  constructor(private readonly options: ChoreOptions) {}

  ring(): void {
    this.isAsked = true;
    if (!this.isRunning) void this.work();
  }

  private async work(): Promise<void> {
    const { run, onError, delayMs, clock, signal } = this.options;
    this.isRunning = true;
    await clock.sleep(delayMs, signal);
    for (let attempt = 1; this.isAsked && !signal.aborted; attempt += 1) {
      this.isAsked = false;
      try {
        await run();
        attempt = 0;
      } catch (error) {
        onError(error);
        this.isAsked = true;
        await clock.sleep(backoffMs(attempt, RETRY), signal);
      }
    }
    this.isRunning = false;
  }
}
