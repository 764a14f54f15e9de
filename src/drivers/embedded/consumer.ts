import type { Logger } from 'pino';
import { backoffMs } from '../../core/backoff.js';
import type { Clock } from '../../core/clock.js';
import type { AppError } from '../../core/errors.js';
import { FailureLog } from '../../core/failure-log.js';
import { isOverBy } from '../../core/with-deadline.js';
import type {
  Consumer,
  DeadLetters,
  Delivery,
  Handler,
  Subscription,
  Verdict,
} from '../../ports/message-exchange.port.js';
import { Bell } from './bell.js';
import type { Database } from './database.js';
import { DueTimer } from './due-timer.js';
import { askErrorOf } from './exchange-errors.js';
import { unpackRows, type Fetched } from './message-codec.js';
import type { Fetch, FetchRequest } from './protocol.js';
import type { Trouble } from './trouble.js';
import { UnwrittenVerdicts } from './unwritten-verdicts.js';

const FETCH_BYTES = 16 * 1024 * 1024;
const AGAIN = { baseMs: 100, capMs: 5_000 };

export interface ConsumerOptions {
  subscription: Subscription;
  /** The queue's name. */
  queue: string;
  deadLetters: DeadLetters;
  handle: Handler;
  /** Of the pauses between tries. */
  clock: Clock;
  logger: Logger;
}

/**
 * One subscription: in rounds, carries out the verdicts that have come and fetches what there is room for then, both by
 * one question. What is in hand is known here only, so a new consumer is handed it again.
 */
export class EmbeddedConsumer implements Consumer {
  readonly queue: string;
  readonly deadLetters: DeadLetters;
  private lastTrouble: AppError | null = null;
  private declared = false;
  private paused = false;
  private stopping: Promise<number> | undefined;
  private over = false;
  /** Handlers at work. */
  private handling = 0;
  /** Fetched while paused. */
  private held: Fetched[] = [];
  private readonly verdicts = new UnwrittenVerdicts();
  /** Everything up to this id has been fetched. */
  private last = 0;
  /** There may be more to fetch. */
  private hungry = true;
  private readonly due = new DueTimer(() => this.wake());
  private readonly bell = new Bell();
  private nap = new AbortController();
  private whenSettled: (() => void) | undefined;
  private readonly failures: FailureLog;
  private readonly rejections: FailureLog;

  constructor(
    private readonly database: Pick<Database, 'ask'>,
    private readonly options: ConsumerOptions,
  ) {
    this.queue = options.queue;
    this.deadLetters = options.deadLetters;
    this.failures = new FailureLog(options.logger, `Queue ${this.queue} cannot be served`);
    this.rejections = new FailureLog(options.logger, `The handler of queue ${this.queue} rejected`);
    void this.work();
  }

  get state(): Consumer['state'] {
    if (this.stopping) return 'stopped';
    if (this.paused) return 'paused';
    return this.declared && !this.lastTrouble ? 'consuming' : 'connecting';
  }

  get trouble(): AppError | null {
    return this.lastTrouble;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.handOut(this.held.splice(0));
    this.bell.ring();
  }

  /** There may be something to fetch. */
  wake(): void {
    this.hungry = true;
    this.bell.ring();
  }

  /** Tries again at once what failed. */
  tryAgain(): void {
    this.nap.abort();
  }

  stop(deadlineMs: number): Promise<number> {
    return (this.stopping ??= this.finish(deadlineMs));
  }

  private get unsettled(): number {
    return this.handling + this.verdicts.size;
  }

  private get room(): number {
    // Verdicts free their places: they are carried out by the same question.
    if (this.paused || this.stopping) return 0;
    return this.options.subscription.prefetch - this.handling - this.held.length;
  }

  private get hasWork(): boolean {
    return !this.declared || this.verdicts.size > 0 || (this.hungry && this.room > 0);
  }

  private async work(): Promise<void> {
    for (let attempt = 0; !this.over;) {
      const rung = this.bell.next();
      if (!this.hasWork) {
        await rung;
        continue;
      }
      try {
        await this.round();
        attempt = 0;
        this.lastTrouble = null;
        this.failures.succeeded();
      } catch (error) {
        if (this.over) return;
        this.lastTrouble = askErrorOf(error as Trouble);
        this.failures.failed(error, 'It is tried again.');
        await this.rest(backoffMs((attempt += 1), AGAIN));
      }
    }
  }

  private async round(): Promise<void> {
    if (!this.declared) await this.declare();
    const fetch = this.nextFetch();
    const verdicts = this.verdicts.take();
    try {
      const fetched = await this.database.ask('serve', { verdicts, fetch });
      this.verdicts.written();
      for (const { dueAt } of verdicts?.retries ?? []) this.due.add(dueAt);
      if (fetched) this.take(fetched);
      if (this.unsettled === 0) this.whenSettled?.();
    } catch (error) {
      this.verdicts.failed();
      this.hungry ||= fetch !== null;
      throw error;
    }
  }

  private async declare(): Promise<void> {
    const { exchange, bindings } = this.options.subscription;
    await this.database.ask('declare', { queue: this.queue, exchange, bindings });
    this.declared = true;
  }

  /** Null when there is no room, or nothing to expect. */
  private nextFetch(): FetchRequest | null {
    const limit = this.room;
    if (!this.hungry || limit <= 0) return null;
    // What is published from now on says so.
    this.hungry = false;
    return { queue: this.queue, after: this.last, limit, maxBytes: FETCH_BYTES, now: Date.now() };
  }

  private take({ rows, last, more, nextDue }: Fetch): void {
    this.last = last;
    this.hungry ||= more;
    if (nextDue !== null) this.due.add(nextDue);
    if (!this.stopping) this.handOut(unpackRows(rows));
  }

  private handOut(fetched: Iterable<Fetched>): void {
    for (const one of fetched) {
      if (this.paused) this.held.push(one);
      else void this.hand(one);
    }
  }

  private async hand({ id, delivery }: Fetched): Promise<void> {
    this.handling += 1;
    const verdict = await this.verdictOn(delivery);
    this.handling -= 1;
    // Too late: it will be, or has been, handed to another.
    if (this.over) return;
    this.verdicts.add(id, verdict);
    this.bell.ring();
  }

  private async verdictOn(delivery: Delivery): Promise<Verdict> {
    try {
      const verdict = await this.options.handle(delivery);
      this.rejections.succeeded();
      return verdict;
    } catch (error) {
      this.rejections.failed(error, 'The message is retried.');
      const progress = { ...delivery.progress, failures: delivery.progress.failures + 1 };
      const reason = { code: 'INTERNAL', message: 'The handler rejected.' };
      return {
        kind: 'retry',
        delayMs: Math.max(0, ...this.options.subscription.retryDelaysMs),
        progress,
        reason,
      };
    }
  }

  private async rest(ms: number): Promise<void> {
    this.nap = new AbortController();
    if (!this.over) await this.options.clock.sleep(ms, this.nap.signal);
  }

  private async finish(deadlineMs: number): Promise<number> {
    this.held = [];
    const settled = new Promise<void>((resolve) => (this.whenSettled = resolve));
    if (this.unsettled > 0) await isOverBy(settled, performance.now() + deadlineMs);
    this.over = true;
    this.due.clear();
    this.nap.abort();
    this.bell.ring();
    return this.unsettled;
  }
}
