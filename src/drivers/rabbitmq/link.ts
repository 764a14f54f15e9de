import type { Logger } from 'pino';
import { backoffMs } from '../../core/backoff.js';
import { systemClock } from '../../core/clock.js';
import type { AppError } from '../../core/errors.js';
import { FailureLog } from '../../core/failure-log.js';
import type { BrokerNode } from './address.js';
import { Changes } from './changes.js';
import type { Connection } from './connection.js';
import type { Connector } from './connector.js';
import { brokerWords, connectFailure, unavailable } from './rabbitmq-error.js';

const BACKOFF = { baseMs: 200, capMs: 10_000 };
/** A connection that lived so long proves that all is well: the next loss begins with short delays again. */
const STEADY_MS = 10_000;

export interface LinkParts {
  /** What it is for: `publishing`, `consuming`. */
  name: string;
  nodes: readonly BrokerNode[];
  connect: Connector;
  logger: Logger;
  onConnected: () => void;
}

/** Keeps one connection open, for ever: node after node, with growing delays and jitter. */
export class Link {
  /** Told when the connection opens, ends, is blocked or unblocked. */
  readonly changes = new Changes();
  private open: Connection | null = null;
  private failure: AppError | null = null;
  private readonly ending = new AbortController();
  private readonly log: FailureLog;
  private kept: Promise<void> = Promise.resolve();

  constructor(private readonly parts: LinkParts) {
    this.log = new FailureLog(parts.logger, `No connection for ${parts.name}`);
  }

  get name(): string {
    return this.parts.name;
  }

  get connection(): Connection | null {
    return this.open?.ended.aborted ? null : this.open;
  }

  /** Why it cannot be used. */
  get trouble(): AppError {
    return this.failure ?? unavailable('The connection to RabbitMQ is being opened');
  }

  start(): void {
    this.kept = this.keep();
  }

  /** The connection, when it is open or opens within `ms` of its first attempt. @throws AppError why there is none */
  async inUse(ms: number): Promise<Connection> {
    if (!this.connection && !this.failure) await this.changes.next(ms);
    if (!this.connection) throw this.trouble;
    return this.connection;
  }

  /** The connection, as soon as there is one; null when `signal` aborts first. */
  async opened(signal: AbortSignal): Promise<Connection | null> {
    while (!this.connection && !signal.aborted) await this.changes.next(Infinity, signal);
    return signal.aborted ? null : this.connection;
  }

  /** For good; `ms` is how long the broker may take to answer. */
  async close(ms: number): Promise<void> {
    this.ending.abort();
    await this.open?.close(ms);
    await this.kept;
  }

  private async keep(): Promise<void> {
    const { signal } = this.ending;
    const { nodes } = this.parts;
    for (let turn = 0, failed = 0; !signal.aborted; turn += 1) {
      const livedMs = await this.useOnce(nodes[turn % nodes.length]!);
      failed = livedMs >= STEADY_MS ? 0 : failed + 1;
      // Every node gets its turn before there is a pause.
      if (failed % nodes.length === 0) {
        await systemClock.sleep(backoffMs(Math.max(1, failed / nodes.length), BACKOFF), signal);
      }
    }
  }

  /** Until it ends. Answers how long it lived, milliseconds. */
  private async useOnce(node: BrokerNode): Promise<number> {
    const { name, connect } = this.parts;
    let connection: Connection;
    try {
      connection = await connect(node, name, () => this.changes.tell());
    } catch (error) {
      const failure = connectFailure(error, node);
      this.failed(failure, failure.advice);
      return 0;
    }
    if (this.ending.signal.aborted) await connection.close(0);
    return this.hold(connection);
  }

  private async hold(connection: Connection): Promise<number> {
    const began = performance.now();
    if (!connection.ended.aborted) {
      this.open = connection;
      this.log.succeeded();
      this.parts.onConnected();
      this.changes.tell();
      await new Promise((resolve) => connection.ended.addEventListener('abort', resolve));
    }
    this.open = null;
    if (!this.ending.signal.aborted) {
      this.failed(unavailable(`RabbitMQ ended the connection: ${brokerWords(connection.cause)}`));
    }
    return performance.now() - began;
  }

  private failed(failure: AppError, advice?: string): void {
    this.failure = failure;
    this.log.failed(failure.message.replace(/\.$/, ''), advice);
    this.changes.tell();
  }
}
