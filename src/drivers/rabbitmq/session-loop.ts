import type { ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';
import { backoffMs } from '../../core/backoff.js';
import { systemClock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { FailureLog } from '../../core/failure-log.js';
import { Changes } from './changes.js';
import type { Connection } from './connection.js';
import { declare } from './declare.js';
import type { Link } from './link.js';
import { endOwnQueues, touch, touchEveryMs } from './own-queues.js';
import { brokerWords, replyCode, unavailable } from './rabbitmq-error.js';
import { Session } from './session.js';
import { temporary, type Topology } from './topology.js';

const BACKOFF = { baseMs: 200, capMs: 10_000 };
/** A session that lived so long proves that all is well. */
const STEADY_MS = 10_000;

export interface SessionLoopParts {
  link: Link;
  topology: Topology;
  prefetch: number;
  onDelivery: (session: Session, message: ConsumeMessage) => void;
  logger: Logger;
}

/** Keeps a session open, for ever: declares all it needs, then consumes while that is wished. */
export class SessionLoop {
  private current: Session | null = null;
  private failure: AppError | null = null;
  private isWished = true;
  private readonly wishes = new Changes();
  private readonly ending = new AbortController();
  private readonly log: FailureLog;
  private readonly rounds: Promise<void>;
  private repairing: Promise<void> | null = null;
  private plan: Topology;

  constructor(private readonly parts: SessionLoopParts) {
    this.plan = parts.topology;
    this.log = new FailureLog(parts.logger, `Nothing is consumed from ${this.plan.main.name}`);
    this.rounds = this.run();
  }

  get topology(): Topology {
    return this.plan;
  }

  get isConsuming(): boolean {
    return this.current?.isConsuming ?? false;
  }

  /** Why there is no session; null while nothing is known to be wrong. */
  get trouble(): AppError | null {
    return this.parts.link.connection ? this.failure : this.parts.link.trouble;
  }

  /** Whether deliveries are wanted. */
  wish(isWished: boolean): void {
    this.isWished = isWished;
    this.wishes.tell();
  }

  /** Before `stop`: what is in hand is settled, and acknowledged together. */
  holdAcks(): void {
    this.current?.holdAcks();
  }

  /** Declares again what the subscription needs, so that what was deleted is there again. Never rejects. */
  repair(): Promise<void> {
    const { connection } = this.parts.link;
    if (!connection) return Promise.resolve();
    this.repairing ??= declare(connection, this.plan)
      .catch(() => undefined)
      .finally(() => (this.repairing = null));
    return this.repairing;
  }

  /** Ends it for good. Resolves when the broker has everything that was settled. `deadline`: see endOwnQueues. */
  async stop(deadline: number): Promise<void> {
    this.ending.abort();
    const session = this.current;
    await session?.close();
    const { connection } = this.parts.link;
    if (connection && session) await endOwnQueues(connection, this.plan, deadline, this.parts.logger);
    await this.rounds;
  }

  private async run(): Promise<void> {
    const { signal } = this.ending;
    for (let failed = 0; ;) {
      const connection = await this.parts.link.opened(signal);
      if (!connection) return;
      const began = performance.now();
      const error = await this.useOnce(connection);
      if (signal.aborted) return;
      if (connection.ended.aborted) continue; // the link says so, and waits
      this.failed(error);
      failed = performance.now() - began >= STEADY_MS ? 1 : failed + 1;
      await systemClock.sleep(pauseMs(this.failure, failed), signal);
    }
  }

  /** One session, until it ends. Answers why. */
  private async useOnce(connection: Connection): Promise<unknown> {
    try {
      await declare(connection, this.plan);
      const { main, returns } = this.plan;
      const { prefetch, onDelivery } = this.parts;
      const queues = [...new Set([main.name, returns.name])];
      const session = await Session.open(connection, { queues, prefetch, onDelivery });
      if (this.ending.signal.aborted) await session.close();
      this.current = session;
      await this.follow(session).catch((error: unknown) => session.abandon(error));
      return session.cause;
    } catch (error) {
      return error;
    } finally {
      this.current = null;
    }
  }

  private async follow(session: Session): Promise<void> {
    while (!session.ended.aborted) {
      if (this.isWished && !session.isConsuming) await session.consume();
      else if (!this.isWished && session.isConsuming) await session.cancel();
      else {
        this.failure = null;
        this.log.succeeded();
        await this.rest(session);
      }
    }
  }

  /** Until the wish changes or the session ends; without consumers, what is this process's own is kept alive. */
  private async rest({ ended, isConsuming }: Session): Promise<void> {
    const { own, returns } = this.plan;
    if (isConsuming || !own) return this.wishes.next(Infinity, ended);
    await this.wishes.next(touchEveryMs(own), ended);
    const { connection } = this.parts.link;
    if (connection && !this.isWished && !ended.aborted) await touch(connection, returns.name);
  }

  private failed(error: unknown): void {
    this.failure =
      error instanceof AppError
        ? error
        : unavailable(`The channel was closed (${brokerWords(error)})`, error);
    this.log.failed(this.failure.message.replace(/\.$/, ''));
    // A temporary queue whose old connection the broker still believes in is not waited for.
    const { own, exchange, dlx } = this.plan;
    const isLocked = replyCode(this.failure.cause) === 405;
    if (own && isLocked) this.plan = { ...this.plan, main: temporary(exchange, dlx) };
  }
}

/** What only a person can mend is not tried often. */
function pauseMs(failure: AppError | null, failed: number): number {
  const slow = failure?.code === 'TOPOLOGY_MISMATCH' ? BACKOFF.capMs / 2 : 0;
  return slow + backoffMs(failed, { ...BACKOFF, capMs: BACKOFF.capMs - slow });
}
