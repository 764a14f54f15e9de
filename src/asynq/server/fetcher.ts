import { dequeue, giveBack, type Taken } from './dequeue.js';
import { Tokens, type Lease } from './lease.js';
import type { ServerContext } from './options.js';
import { queueOrder } from './queue-order.js';
import { Rounds } from './rounds.js';

export interface FetcherOptions {
  context: ServerContext;
  strict: boolean;
  /** Free places now. */
  free: () => number;
  onTasks: (tasks: readonly Taken[], lease: Lease) => void;
}

/** A script call blocks Redis. */
const MOST_PER_CALL = 200;
const FIRST_REST_MS = 100;

/**
 * Takes tasks as places are free, in batches: at once while there are more, when woken, and else with a growing rest
 * between two looks.
 */
export class Fetcher {
  private readonly tokens = new Tokens();
  private readonly rounds: Rounds;
  private isHungry = true;
  private isAsking = false;
  private emptyLooks = 0;
  /** The lease of a call that failed: what it may have taken is put back before the next one. */
  private owed: Lease | null = null;
  /** Why the last look failed, or what was wrong with a queue. */
  trouble: unknown = null;

  constructor(private readonly options: FetcherOptions) {
    const { clock, times, hooks } = options.context;
    this.rounds = new Rounds({
      run: () => this.look(),
      onError: (error) => {
        this.trouble = error;
        hooks.onFailure?.('fetch', error);
      },
      capMs: times.pollMs,
      clock,
    });
  }

  /** A queue may have something. */
  wake(): void {
    this.emptyLooks = 0;
    this.rounds.wake();
  }

  /** A place is free: all of one turn of the event loop are asked for together, in one write with their verdicts. */
  placeFree(): void {
    if (!this.isHungry || this.isAsking) return;
    this.isAsking = true;
    setImmediate(() => {
      this.isAsking = false;
      this.rounds.wake();
    });
  }

  /** Never rejects. What cannot be put back now is left to recovery. */
  async stop(): Promise<void> {
    await this.rounds.stop();
    await this.settleOwed().catch(() => undefined);
  }

  private async look(): Promise<number> {
    const { context, strict, free, onTasks } = this.options;
    await this.settleOwed();
    const most = Math.min(free(), MOST_PER_CALL);
    if (most <= 0) {
      this.isHungry = true;
      return Infinity;
    }
    const lease = this.newLease();
    this.owed = lease;
    const batch = await dequeue(context, queueOrder(context.queues, strict), most, lease.token);
    this.owed = null;
    this.trouble = batch.trouble;
    if (batch.tasks.length > 0) onTasks(batch.tasks, lease);
    this.isHungry = batch.isFull;
    if (batch.isFull) return 0;
    this.emptyLooks = batch.tasks.length > 0 ? 0 : this.emptyLooks + 1;
    return Math.min(FIRST_REST_MS * 2 ** Math.min(this.emptyLooks, 20), context.times.pollMs);
  }

  private newLease(): Lease {
    const { clock, times } = this.options.context;
    return { token: this.tokens.next(), end: clock.monotonic() + times.leaseMs };
  }

  private async settleOwed(): Promise<void> {
    const { context } = this.options;
    if (this.owed && context.clock.monotonic() < this.owed.end) await giveBack(context, this.owed.token);
    this.owed = null;
  }
}
