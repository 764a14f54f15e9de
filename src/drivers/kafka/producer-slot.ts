import { systemClock, type Clock } from '../../core/clock.js';
import { backoffMs } from '../../core/backoff.js';
import type { ConnectedProducer, ConnectProducer } from './connect-producer.js';
import type { Reachability } from './reachability.js';

/** Why a producer was given up. */
export type ReplaceReason = 'ambiguous' | 'refused' | 'unwritten' | 'sequence';

export interface SlotContext {
  connect: ConnectProducer;
  reachability: Reachability;
  onReplaced: (reason: ReplaceReason) => void;
  signal: AbortSignal;
  clock?: Clock;
}

/** A connected producer with its id at the broker; users count themselves in and out. */
export class PooledProducer {
  private users = 0;
  private retired = false;

  constructor(
    /** Rises with each replacement in the same slot. */
    readonly generation: number,
    readonly connected: ConnectedProducer,
    readonly since: number,
    private readonly onUnused: () => void,
  ) {}

  enter(): void {
    this.users += 1;
  }

  leave(): void {
    this.users -= 1;
    if (this.retired && this.users === 0) this.onUnused();
  }

  /** Disconnects as soon as nobody uses it. */
  retire(): void {
    if (this.retired) return;
    this.retired = true;
    if (this.users === 0) this.onUnused();
  }
}

const SHORT_LIFE_MS = 1000;

/**
 * A place in the pool: one producer at a time, replaced whole.
 *
 * A partition whose send failed must not go on with the same producer (SERVERS.md, finding 2), so it asks for a later
 * generation; others use the old one until the new one is there. A generation is replaced once, however many of its
 * partitions fail, and ever more slowly when the new ones fail at once too.
 */
export class ProducerSlot {
  private current: PooledProducer | null = null;
  private generation = 0;
  private replacing = false;
  private shortLives = 0;
  private topic: string | undefined;
  private waiters: (() => void)[] = [];
  private readonly leaving = new Map<ConnectedProducer, Promise<void>>();
  private readonly clock: Clock;

  constructor(private readonly context: SlotContext) {
    this.clock = context.clock ?? systemClock;
    context.signal.addEventListener('abort', () => this.wake());
  }

  /** Begins to connect; it goes on until it succeeds. */
  start(): void {
    if (this.replacing) return;
    this.replacing = true;
    void this.replace(0);
  }

  /** The producer, when it is of that generation or later. */
  ready(generation: number): PooledProducer | null {
    return this.current && this.current.generation >= generation ? this.current : null;
  }

  /** Waits for it; null when the slot is closed. `topic` is one that is known to be well. */
  async acquire(generation: number, topic: string): Promise<PooledProducer | null> {
    while (!this.context.signal.aborted) {
      const ready = this.ready(generation);
      if (ready) return ready;
      this.topic = topic;
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
    return null;
  }

  /** Has the producer replaced, unless it has been already. */
  discard(producer: PooledProducer, reason: ReplaceReason): void {
    if (this.replacing || producer !== this.current) return;
    this.context.onReplaced(reason);
    const short = this.clock.monotonic() - producer.since < SHORT_LIFE_MS && reason !== 'refused';
    this.shortLives = short ? this.shortLives + 1 : 0;
    this.replacing = true;
    void this.replace(this.shortLives > 2 ? backoffMs(this.shortLives, { baseMs: 100, capMs: 2000 }) : 0);
  }

  /** After `signal` has been aborted: resolves when every connection is closed. */
  async close(): Promise<void> {
    this.current?.retire();
    this.current = null;
    await Promise.all(this.leaving.values());
  }

  /** Breaks the connections that are still closing. */
  drop(): void {
    for (const connected of this.leaving.keys()) connected.drop();
  }

  private async replace(delayMs: number): Promise<void> {
    const { signal, reachability, connect } = this.context;
    if (delayMs > 0) await this.clock.sleep(delayMs, signal);
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        const connected = await connect(this.topic);
        reachability.succeeded();
        this.replacing = false;
        return this.install(connected);
      } catch (error) {
        if (!signal.aborted) reachability.failed(error);
        await this.clock.sleep(50 + backoffMs(attempt, { baseMs: 200, capMs: 1000 }), signal);
      }
    }
  }

  private install(connected: ConnectedProducer): void {
    const old = this.current;
    this.generation += 1;
    const made: PooledProducer = new PooledProducer(this.generation, connected, this.clock.monotonic(), () =>
      this.disconnect(made),
    );
    this.current = made;
    old?.retire();
    if (this.context.signal.aborted) made.retire();
    this.wake();
  }

  private disconnect({ connected }: PooledProducer): void {
    const left = connected.disconnect().finally(() => this.leaving.delete(connected));
    this.leaving.set(connected, left);
  }

  private wake(): void {
    const waiters = this.waiters;
    this.waiters = [];
    for (const resume of waiters) resume();
  }
}
