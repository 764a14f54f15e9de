import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import type { StoredRecord } from '../../ports/record-log.port.js';
import { readersBusy } from './reader-pool.js';
import { Tail, type TailContext } from './tail.js';
import { rootOf } from './kafka-error.js';

/** The followers of topics; bounded in number, and ended together. */
export class Tails {
  private readonly open = new Map<Tail, { stop: () => void; ended: Promise<void> }>();
  private starting = 0;

  constructor(
    private readonly context: Omit<TailContext, 'onBroken'>,
    private readonly limit: number,
    private readonly logger: Logger,
  ) {}

  /** @throws AppError READERS_BUSY, and what `positionsOf` throws */
  async follow(
    topic: string,
    positionsOf: () => Promise<ReadonlyMap<number, number>>,
    signal: AbortSignal,
  ): Promise<AsyncIterable<StoredRecord[]>> {
    if (this.open.size + this.starting >= this.limit) throw readersBusy();
    this.starting += 1;
    try {
      return this.start(topic, await positionsOf(), signal);
    } finally {
      this.starting -= 1;
    }
  }

  /** Ends all; resolves when they are disconnected. */
  async close(): Promise<void> {
    const tails = [...this.open.values()];
    for (const { stop } of tails) stop();
    await Promise.all(tails.map(({ ended }) => ended));
  }

  drop(): void {
    for (const tail of this.open.keys()) tail.drop();
  }

  private start(topic: string, positions: ReadonlyMap<number, number>, signal: AbortSignal) {
    const tail = new Tail(topic, positions, {
      ...this.context,
      onBroken: (error) =>
        this.logger.debug({ topic }, `A follower of ${topic} begins again: ${rootOf(error).message}`),
    });
    const own = new AbortController();
    setMaxListeners(0, own.signal);
    const stop = () => own.abort();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const ended = tail.follow(own.signal).finally(() => {
      signal.removeEventListener('abort', stop);
      this.open.delete(tail);
    });
    this.open.set(tail, { stop, ended });
    return tail.records(stop);
  }
}
