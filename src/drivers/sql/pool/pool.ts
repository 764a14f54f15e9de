import { withDeadline } from '../../../core/with-deadline.js';
import { SqlFailure } from '../failure.js';
import type { Connect, RawAnswer, RawConnection } from './raw-connection.js';

export interface PoolOptions {
  /** The most connections. */
  size: number;
  connect: Connect;
  /** How long somebody may wait for a connection, milliseconds. */
  waitMs: number;
  /** How long a statement may take before its connection is given up, milliseconds. */
  statementMs: number;
}

/** So many may wait for a connection; more are refused at once. */
const MOST_WAITING = 1_000;

interface Waiter {
  take(connection: Lease): void;
  refuse(failure: SqlFailure): void;
}

/** A connection while it is somebody's own. */
export class Lease {
  constructor(
    private readonly raw: RawConnection,
    private readonly statementMs: number,
    /** Gone for good: there is room for another. */
    private readonly onGone: () => void,
  ) {}

  get isUsable(): boolean {
    return this.raw.isUsable;
  }

  /** @throws SqlFailure; after `timeout` the connection is no more */
  async query(sql: string, parameters: readonly unknown[]): Promise<RawAnswer> {
    const answer = this.raw.query(sql, parameters);
    try {
      return await withDeadline(answer, this.statementMs, () => new SqlFailure('timeout'));
    } catch (error) {
      if (error instanceof SqlFailure && error.kind === 'timeout') this.drop();
      throw error;
    }
  }

  /** The connection is not used again. */
  drop(): void {
    if (this.isDropped) return;
    this.isDropped = true;
    void this.raw.destroy().finally(this.onGone);
  }
  private isDropped = false;

  async close(): Promise<void> {
    await this.raw.close().catch(() => undefined);
    this.drop();
  }
}

/** Connections to one database: opened as they are needed, kept, bounded in number and in who waits for them. */
export class Pool {
  private readonly idle: Lease[] = [];
  private readonly waiting: Waiter[] = [];
  private taken = 0;
  /** Open, being opened, or not gone yet. */
  private open = 0;
  private isClosed = false;

  constructor(private readonly options: PoolOptions) {}

  get counts(): { open: number; used: number; waiting: number } {
    return { open: this.open, used: this.taken, waiting: this.waiting.length };
  }

  /** @throws SqlFailure `crowded` when none comes free in time, `closed`; what opening one throws */
  async acquire(): Promise<Lease> {
    if (this.isClosed) throw new SqlFailure('closed');
    const lease =
      this.nextIdle() ?? (this.open < this.options.size ? await this.another() : await this.turn());
    this.taken += 1;
    return lease;
  }

  release(lease: Lease): void {
    this.taken -= 1;
    if (this.isClosed) void lease.close();
    else if (!lease.isUsable) lease.drop();
    else this.offer(lease);
  }

  /** Whoever waits is refused; what is lent is closed when it comes back. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const waiter of this.waiting.splice(0)) waiter.refuse(new SqlFailure('closed'));
    await Promise.all(this.idle.splice(0).map((lease) => lease.close()));
  }

  private nextIdle(): Lease | undefined {
    for (;;) {
      const lease = this.idle.pop();
      if (!lease || lease.isUsable) return lease;
      lease.drop();
    }
  }

  private offer(lease: Lease): void {
    const waiter = this.waiting.shift();
    if (waiter) waiter.take(lease);
    else this.idle.push(lease);
  }

  private async another(): Promise<Lease> {
    this.open += 1;
    const onGone = (): void => {
      this.open -= 1;
      this.replace();
    };
    try {
      const lease = new Lease(await this.options.connect(), this.options.statementMs, onGone);
      if (!this.isClosed) return lease;
      await lease.close();
    } catch (error) {
      onGone();
      throw error;
    }
    throw new SqlFailure('closed');
  }

  /** There is room where one is gone, and somebody may wait for it. */
  private replace(): void {
    const waiter = this.isClosed || this.open >= this.options.size ? undefined : this.waiting.shift();
    if (!waiter) return;
    this.another().then(
      (lease) => waiter.take(lease),
      (error: SqlFailure) => waiter.refuse(error),
    );
  }

  private turn(): Promise<Lease> {
    if (this.waiting.length >= MOST_WAITING) return Promise.reject(new SqlFailure('crowded'));
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { take: settled(resolve), refuse: settled(reject) };
      this.waiting.push(waiter);
      const timer = setTimeout(() => {
        const at = this.waiting.indexOf(waiter);
        if (at >= 0) this.waiting.splice(at, 1)[0]!.refuse(new SqlFailure('crowded'));
      }, this.options.waitMs);
      function settled<T>(settle: (value: T) => void) {
        return (value: T) => {
          clearTimeout(timer);
          settle(value);
        };
      }
    });
  }
}
