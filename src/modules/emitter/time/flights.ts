import type { TickPolicies } from '../../../config/emitter-settings.js';

/** Waiting ticks, with the policy `queue`. */
export const MOST_WAITING = 100;

export interface FlightOptions<T> {
  policies: Pick<TickPolicies, 'overlap' | 'maxInFlight'>;
  /** Sends one. It tells of its own failures. */
  run: (item: T) => Promise<void>;
  /** Told when `run` rejected or threw all the same. */
  onError: (error: unknown, item: T) => void;
}

/**
 * What one emitter has in flight. `skip`: one at a time, what comes meanwhile is refused; `queue`: one at a time, up to
 * 100 wait their turn; `allow`: up to `maxInFlight` side by side.
 */
export class Flights<T> {
  private flying = 0;
  private closed = false;
  private readonly queue: T[] = [];
  private readonly watchers: (() => void)[] = [];
  private readonly mostFlying: number;
  private readonly mostWaiting: number;

  constructor(private readonly options: FlightOptions<T>) {
    const { overlap, maxInFlight } = options.policies;
    this.mostFlying = overlap === 'allow' ? maxInFlight : 1;
    this.mostWaiting = overlap === 'queue' ? MOST_WAITING : 0;
  }

  /** Being sent. */
  get inFlight(): number {
    return this.flying;
  }

  /** Taken, and not begun. */
  get waiting(): number {
    return this.queue.length;
  }

  /** Would an offer be taken now? */
  get hasRoom(): boolean {
    return !this.closed && (this.flying < this.mostFlying || this.queue.length < this.mostWaiting);
  }

  /** Begins it, or lets it wait; false: neither, it is skipped as overlap. */
  offer(item: T): boolean {
    if (!this.hasRoom) return false;
    if (this.flying < this.mostFlying) this.begin(item);
    else this.queue.push(item);
    return true;
  }

  /** Nothing is taken any more; what waits still gets its turn. */
  close(): void {
    this.closed = true;
  }

  /** Closes it; what had not begun is handed back, the oldest first, and will not be sent. */
  abandon(): T[] {
    this.close();
    return this.queue.splice(0);
  }

  /** Resolves when nothing is in flight nor waits. */
  async idle(): Promise<void> {
    if (this.flying > 0) await new Promise<void>((resolve) => this.watchers.push(resolve));
  }

  private begin(item: T): void {
    this.flying += 1;
    void this.fly(item);
  }

  private async fly(item: T): Promise<void> {
    try {
      await this.options.run(item);
    } catch (error) {
      this.options.onError(error, item);
    } finally {
      this.flying -= 1;
      const next = this.queue.shift();
      if (next !== undefined) this.begin(next);
      if (this.flying === 0) for (const tell of this.watchers.splice(0)) tell();
    }
  }
}
