/** Whether the process works or stops, for all that must know: readiness, streams, followers. */
export class Lifecycle {
  private readonly stop = new AbortController();
  private requestsInFlight = 0;
  private whenIdle: (() => void) | undefined;

  /** Aborts when the process begins to stop, before anything else happens. */
  get stopping(): AbortSignal {
    return this.stop.signal;
  }

  beginStop(): void {
    this.stop.abort();
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
