import { setMaxListeners } from 'node:events';

/**
 * Ends what a part does by itself, within `deadlineMs`; answers what was left undone, null when nothing was. Throws when
 * something cannot be ended, such as a thread that waits for a disk.
 */
export type StopWork = (deadlineMs: number) => Promise<string | null>;

/** Whether the process works or stops, for all that must know: readiness, streams, followers. */
export class Lifecycle {
  private readonly stop = new AbortController();
  private requestsInFlight = 0;
  private whenIdle: (() => void) | undefined;
  private readonly begins: (() => Promise<void>)[] = [];
  private readonly work: StopWork[] = [];
  private readonly last: StopWork[] = [];
  private stuck = false;

  /** Aborts when the process begins to stop, before anything else happens. */
  constructor() {
    // Every stream that is open listens.
    setMaxListeners(0, this.stop.signal);
  }

  get stopping(): AbortSignal {
    return this.stop.signal;
  }

  beginStop(): void {
    this.stop.abort();
  }

  /** What a part does by itself, from when requests are taken on. */
  onStart(begin: () => Promise<void>): void {
    this.begins.push(begin);
  }

  /** Nothing begins any more once the process stops. */
  async beginWork(): Promise<void> {
    for (const begin of this.begins) {
      if (this.stopping.aborted) return;
      await begin();
    }
  }

  /** What a part has to finish on stop, before the ports close. */
  onStop(work: StopWork): void {
    this.work.push(work);
  }

  /** What others may take over when all work has ended, still before the ports close: the lease. */
  afterWork(work: StopWork): void {
    this.last.push(work);
  }

  /** Ends all of it, side by side, then what comes after; answers a sentence for each that left something undone. */
  async endWork(deadlineMs: number): Promise<string[]> {
    const end = performance.now() + deadlineMs;
    const left = await this.endAll(this.work, deadlineMs);
    return [...left, ...(await this.endAll(this.last, Math.max(0, end - performance.now())))];
  }

  private async endAll(works: readonly StopWork[], deadlineMs: number): Promise<string[]> {
    const ends = works.map((work) =>
      work(deadlineMs).catch((error: unknown) => {
        this.stuck = true;
        return error instanceof Error ? error.message : String(error);
      }),
    );
    return (await Promise.all(ends)).filter((left) => left !== null);
  }

  /** Something could not be ended: `process.exit` would wait for it, perhaps for ever. */
  get isStuck(): boolean {
    return this.stuck;
  }

  requestStarted(): void {
    this.requestsInFlight += 1;
  }

  requestEnded(): void {
    this.requestsInFlight -= 1;
    if (this.requestsInFlight === 0) this.whenIdle?.();
  }

  get inFlight(): number {
    return this.requestsInFlight;
  }

  /** Resolves when no request is in flight. */
  idle(): Promise<void> {
    if (this.requestsInFlight === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.whenIdle = resolve;
    });
  }
}
