import { setImmediate } from 'node:timers/promises';

/** Long enough to be worth a turn of the event loop, short enough that nobody notices, milliseconds. */
const SLICE_MS = 8;

/** Divides long work into slices, so that the event loop serves others in between. */
export class Pauses {
  private since = performance.now();

  /** Lets others go first when the slice is over. True when it did. */
  async ifDue(): Promise<boolean> {
    if (performance.now() - this.since < SLICE_MS) return false;
    await this.now();
    return true;
  }

  async now(): Promise<void> {
    await setImmediate();
    this.since = performance.now();
  }
}
