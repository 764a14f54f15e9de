import { backoffMs } from '../../core/backoff.js';
import { systemClock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { withDeadline } from '../../core/with-deadline.js';
import type { Connection } from './connection.js';
import type { Fate } from './lane-fates.js';
import type { Lane, Outgoing } from './lane.js';
import { Lanes, type Target } from './lanes.js';
import type { Link } from './link.js';
import { unavailable } from './rabbitmq-error.js';

const AGAIN = { baseMs: 20, capMs: 500 };

/** Publishes with confirms over one link, whatever happens to it meanwhile. Times in milliseconds, monotonic. */
export class Sender {
  private lanes: { of: Connection; lanes: Lanes } | null = null;

  constructor(
    private readonly link: Link,
    /** How long a message may take; a connection that is blocked for so long is not waited for. */
    private readonly timeoutMs: number,
  ) {}

  /**
   * Resolves when every bound queue has it safe. `onFree` is called once, when nothing of the message is held any more:
   * it may still be in flight after a deadline.
   * @throws AppError UNROUTABLE, MESSAGE_TOO_LARGE, EXCHANGE_UNAVAILABLE, TOPOLOGY_MISMATCH, OUTCOME_UNKNOWN
   */
  async send(target: Target, outgoing: Outgoing, onFree: () => void = () => undefined): Promise<void> {
    const deadline = performance.now() + this.timeoutMs;
    let held: Promise<unknown> = Promise.resolve();
    try {
      for (let attempt = 1; ; attempt += 1) {
        const { lane, mostBytes } = await this.usableLane(target, deadline);
        if (outgoing.body.length > mostBytes) throw tooLarge(mostBytes);
        const fate = lane.publish(outgoing);
        held = fate;
        const over = await this.within(deadline, fate, notConfirmed);
        if (over === 'confirmed') return;
        if (over !== 'unsent') throw failureOf(over, outgoing, target);
        if (performance.now() >= deadline) throw unavailable('RabbitMQ closes the channel again and again');
        await systemClock.sleep(backoffMs(attempt, AGAIN));
      }
    } finally {
      void held.then(onFree);
    }
  }

  private within<T>(deadline: number, work: Promise<T>, late: () => Error): Promise<T> {
    return withDeadline(work, Math.max(0, deadline - performance.now()), late);
  }

  private async usableLane(target: Target, deadline: number): Promise<{ lane: Lane; mostBytes: number }> {
    for (;;) {
      const connection = await this.usableConnection(deadline);
      const lanes = this.lanesOf(connection);
      try {
        const lane = await this.within(deadline, lanes.lane(target), () => this.notYet());
        return { lane, mostBytes: lanes.mostBytes };
      } catch (error) {
        if (!connection.ended.aborted) throw error;
      }
    }
  }

  /** Waits for one that takes messages. */
  private async usableConnection(deadline: number): Promise<Connection> {
    for (;;) {
      const { connection } = this.link;
      if (connection && !connection.blocked) return connection;
      const now = performance.now();
      const isHopeless = connection?.blocked && now - connection.blocked.since > this.timeoutMs;
      if (isHopeless || now >= deadline) throw this.notYet();
      await this.link.changes.next(deadline - now);
    }
  }

  private lanesOf(connection: Connection): Lanes {
    if (this.lanes?.of !== connection) this.lanes = { of: connection, lanes: new Lanes(connection) };
    return this.lanes.lanes;
  }

  /** Why nothing could be sent. */
  private notYet(): AppError {
    const { connection } = this.link;
    if (!connection) return this.link.trouble;
    return connection.blocked
      ? blockedBy(connection.blocked.reason)
      : unavailable('RabbitMQ does not answer');
  }
}

/** RabbitMQ takes nothing from publishers until it has room again. */
export function blockedBy(reason: string): AppError {
  return unavailable(`RabbitMQ takes no messages at present: it is short of memory or disk (${reason})`);
}

function notConfirmed(): AppError {
  return new AppError(
    'OUTCOME_UNKNOWN',
    'RabbitMQ has not confirmed the message in time; it may still be published.',
  );
}

function tooLarge(mostBytes?: number): AppError {
  const most = mostBytes === undefined ? '' : ` of more than ${mostBytes} bytes (its max_message_size)`;
  return new AppError('MESSAGE_TOO_LARGE', `RabbitMQ takes no message${most}.`);
}

function failureOf(
  fate: Exclude<Fate, 'confirmed' | 'unsent'>,
  { routingKey }: Outgoing,
  { exchange }: Target,
): AppError {
  switch (fate) {
    case 'returned':
      return new AppError(
        'UNROUTABLE',
        `No queue is bound to ${exchange || 'the default exchange'} for ${routingKey}.`,
      );
    case 'nacked':
      return unavailable('A queue that is bound could not take the message: it is full, or has no leader');
    case 'too-large':
      return tooLarge();
    case 'unwritable':
      return new AppError(
        'MESSAGE_TOO_LARGE',
        'AMQP takes 255 bytes each of routing key, message id and content type, and 64 KiB of headers.',
      );
    case 'lost':
      return new AppError(
        'OUTCOME_UNKNOWN',
        'The connection to RabbitMQ was lost before it confirmed the message; it may have been published.',
      );
  }
}
