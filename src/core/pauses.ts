/** Long enough to be worth a turn of the event loop, short enough that nobody notices, milliseconds. */
const SLICE_MS = 8;

/** Those that pause, in order. All that is set to run immediately runs in one turn: one of them goes on in each. */
const waiting: (() => void)[] = [];

function goOn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(goOn);
}

/** Divides long work into slices, so that the event loop serves others in between. */
export class Pauses {
  private since = performance.now();

  /** Whether the slice is over. For short steps: asking costs less than to await. */
  get isDue(): boolean {
    return performance.now() - this.since >= SLICE_MS;
  }

  /** Lets others go first when the slice is over. True when it did. */
  async ifDue(): Promise<boolean> {
    if (!this.isDue) return false;
    await this.now();
    return true;
  }

  async now(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (waiting.push(resolve) === 1) setImmediate(goOn);
    });
    this.since = performance.now();
  }
}

/** Characters that are read in one go: less than 5 ms. */
const STEP = 256 * 1024;

/** Reads a text to its end, in steps of so many characters, with other work done in between. */
export async function readInSteps(reader: { advance(most: number): boolean }): Promise<void> {
  const pauses = new Pauses();
  while (!reader.advance(STEP)) await pauses.ifDue();
}
