import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { systemClock } from '../core/clock.js';
import { isOverBy } from '../core/with-deadline.js';
import { CANCEL_CHANNEL, queueKeys, wakeChannel } from './keys.js';
import { checkOptions } from './server/check-options.js';
import { startCleaner } from './server/cleaner.js';
import { Fetcher } from './server/fetcher.js';
import { Finisher } from './server/finisher.js';
import { Forwarder } from './server/forwarder.js';
import { Hands } from './server/hands.js';
import { Heartbeat } from './server/heartbeat.js';
import { DEFAULT_TIMES, type ServerContext, type ServerOptions } from './server/options.js';
import { Recoverer } from './server/recoverer.js';
import { defaultRetryDelayMs } from './server/retry-delay.js';
import type { Rounds } from './server/rounds.js';

/** For the last writes of a stop, of the time that it has. */
const LAST_WRITES_MS = 1_000;
/** To take the records away, past the deadline where nothing is left of it; else they vanish after their TTL. */
const GOOD_BYE_MS = 250;

/**
 * A worker of Asynq's queues, begun with `new`: takes tasks, hands them to the handler, and does what every server of
 * the protocol does for all (forwarding, recovering, cleaning). It owns no connection; when Redis is away its loops go
 * on trying, with back-off, and say so through the hooks.
 * Source: github.com/hibiken/asynq v0.26.0, whose servers may work beside it.
 */
export class Server {
  private readonly id = randomUUID();
  private readonly startedAt: number;
  private status = 'active';
  private readonly finisher: Finisher;
  private readonly hands: Hands;
  private readonly fetcher: Fetcher;
  private readonly heartbeat: Heartbeat;
  private readonly forwarder: Forwarder;
  private readonly recoverer: Recoverer;
  private readonly cleaner: Rounds;
  private readonly unsubscribe: () => void;
  private stopping: Promise<number> | null = null;

  /** @throws InvalidInputError */
  constructor(private readonly options: ServerOptions) {
    checkOptions(options);
    const context = contextOf(options);
    const { strict = false, concurrency, handler, retryDelayMs = defaultRetryDelayMs } = options;
    this.startedAt = context.clock.now();
    this.finisher = new Finisher(context);
    this.hands = new Hands({
      context,
      concurrency,
      handler,
      finisher: this.finisher,
      retryDelayMs,
      onFree: () => this.fetcher.placeFree(),
      onRetryIn: (ms) => this.forwarder.dueIn(ms),
    });
    this.fetcher = new Fetcher({
      context,
      strict,
      free: () => this.hands.free,
      onTasks: (tasks, lease) => this.hands.take(tasks, lease),
    });
    this.heartbeat = new Heartbeat({
      context,
      record: () => this.record(),
      attempts: () => this.hands.running(),
    });
    this.forwarder = new Forwarder(context, () => this.fetcher.wake());
    this.recoverer = new Recoverer({ context, finisher: this.finisher, retryDelayMs });
    this.cleaner = startCleaner(context);
    this.unsubscribe = this.subscribe(context);
  }

  /** Tasks in hand: those whose handler has not returned, or whose verdict is not written yet. */
  get inHand(): number {
    return this.hands.count;
  }

  /** What went wrong when it last looked for tasks; null when nothing did. */
  get trouble(): unknown {
    return this.fetcher.trouble;
  }

  /**
   * Takes no more, waits for what is in hand, `deadlineMs` (milliseconds from now) at most, then aborts it and puts it
   * back to the head of its queue. Answers how many were put back or left.
   */
  stop(deadlineMs: number): Promise<number> {
    return (this.stopping ??= this.end(performance.now() + deadlineMs, deadlineMs));
  }

  private async end(deadline: number, ms: number): Promise<number> {
    this.status = 'stopped';
    const drained = this.fetcher.stop().then(() => this.hands.written());
    const isDrained = await isOverBy(drained, deadline - Math.min(LAST_WRITES_MS, ms / 4));
    const left = this.hands.unwrittenCount;
    if (!isDrained) {
      this.hands.close();
      await isOverBy(this.hands.written(), deadline);
    }
    this.finisher.close();
    const loops = [this.forwarder.stop(), this.recoverer.stop(), this.cleaner.stop(), this.heartbeat.stop()];
    await isOverBy(Promise.allSettled(loops), Math.max(deadline, performance.now() + GOOD_BYE_MS));
    this.unsubscribe();
    return left;
  }

  private record() {
    const { queues, strict = false, concurrency } = this.options;
    const { id: serverId, status, startedAt } = this;
    const host = hostname();
    return {
      host,
      pid: process.pid,
      serverId,
      concurrency,
      queues,
      strictPriority: strict,
      status,
      startedAt,
    };
  }

  private subscribe(context: ServerContext): () => void {
    const { subscriptions } = this.options;
    const names = new Set(context.queues.map(({ name }) => name));
    const ends = [
      subscriptions.subscribe(context.wakeChannel, {
        onMessage: (queue) => names.has(queue) && this.fetcher.wake(),
        onGap: () => this.fetcher.wake(),
      }),
      subscriptions.subscribe(CANCEL_CHANNEL, {
        onMessage: (id) => this.hands.cancel(id),
        onGap: () => undefined,
      }),
    ];
    return () => ends.forEach((end) => end());
  }
}

function contextOf({ redis, queues, times, hooks = {}, clock = systemClock }: ServerOptions): ServerContext {
  const named = Object.entries(queues).map(([name, weight]) => ({ name, weight, keys: queueKeys(name) }));
  return {
    redis,
    queues: named,
    times: { ...DEFAULT_TIMES, ...times },
    hooks,
    clock,
    wakeChannel: wakeChannel(redis.options.db ?? 0),
  };
}
