import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib';
import { withDeadline } from '../../core/with-deadline.js';
import { unavailable } from './rabbitmq-error.js';

/** The broker answers a declaration at once, or after seconds while a quorum queue elects its leader. */
const ANSWER_MS = 15_000;
/** So long the last frames may take to leave a connection that has ended. */
const LINGER_MS = 1000;

/** One AMQP connection, until it ends: it is never opened again (see Link). */
export class Connection {
  private readonly ending = new AbortController();
  private reason: unknown;
  private alarm: { reason: string; since: number } | null = null;

  /** `onAlarm` is told when the broker blocks this connection, and when it no longer does. */
  constructor(
    private readonly model: ChannelModel,
    private readonly onAlarm: () => void,
  ) {
    setMaxListeners(0, this.ending.signal);
    model.on('error', (error) => (this.reason ??= error));
    model.on('blocked', (reason) => this.setAlarm({ reason, since: performance.now() }));
    model.on('unblocked', () => this.setAlarm(null));
    model.on('close', (error) => this.onClose(error));
  }

  /** Aborts when the connection is lost or closed. */
  get ended(): AbortSignal {
    return this.ending.signal;
  }

  /** Why it ended. */
  get cause(): unknown {
    return this.reason ?? new Error('the connection was closed');
  }

  /** The broker takes nothing from it at present (memory or disk alarm), since then (monotonic, milliseconds). */
  get blocked(): { reason: string; since: number } | null {
    return this.alarm;
  }

  /** @throws what amqplib throws, or EXCHANGE_UNAVAILABLE when there is no answer */
  channel(): Promise<Channel> {
    return this.answered(this.model.createChannel().then(quiet));
  }

  confirmChannel(): Promise<ConfirmChannel> {
    return this.answered(this.model.createConfirmChannel().then(quiet));
  }

  /** What the broker answers; a rejection when that takes too long, or the connection ends meanwhile. */
  answered<T>(call: Promise<T>): Promise<T> {
    return withDeadline(call, ANSWER_MS, () => unavailable('RabbitMQ does not answer'));
  }

  /** A round trip to the broker. */
  async roundTrip(): Promise<void> {
    const channel = await this.channel();
    await this.answered(channel.close());
  }

  /** Says good-bye; after `ms` without an answer it is broken off. */
  async close(ms: number): Promise<void> {
    if (this.ended.aborted) return;
    await withDeadline(this.model.close(), Math.max(1, ms), () => new Error('late')).catch(() => undefined);
    this.destroy();
  }

  private setAlarm(alarm: { reason: string; since: number } | null): void {
    this.alarm = alarm;
    this.onAlarm();
  }

  private onClose(error: Error | undefined): void {
    this.reason ??= error;
    this.ending.abort();
    // amqplib only ends its side: a socket whose other end fell silent would stay for many minutes.
    setTimeout(() => this.destroy(), LINGER_MS).unref();
  }

  private destroy(): void {
    (this.model.connection as unknown as { stream: Duplex }).stream.destroy();
    this.ending.abort();
  }
}

/** A channel's error is told by what fails on it, and by its `close`; one that nobody listens to would end the process. */
function quiet<C extends Channel>(channel: C): C {
  channel.on('error', () => undefined);
  return channel;
}
