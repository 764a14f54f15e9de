import type { Message } from 'amqplib';
import type { Logger } from 'pino';
import { backoffMs } from '../../core/backoff.js';
import { systemClock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { FailureLog } from '../../core/failure-log.js';
import type { Verdict } from '../../ports/message-exchange.port.js';
import { MARK_HEADER } from './headers.js';
import { asLetter } from './letter.js';
import { carriesState, progressHeaders, propertiesOf } from './message.js';
import type { Sender } from './sender.js';
import type { Session } from './session.js';
import { delayFor, type Topology } from './topology.js';

const AGAIN = { baseMs: 100, capMs: 5000 };

export interface SettlingParts {
  sender: Sender;
  topology: Topology;
  /** Declares what is missing. Must not reject. */
  repair: () => Promise<void>;
  logger: Logger;
}

interface Move {
  exchange: string;
  routingKey: string;
  properties: ReturnType<typeof propertiesOf>;
}

/** Carries verdicts out: what is to wait or is dead is first put there, safely, and only then taken from the queue. */
export class Settling {
  private readonly log: FailureLog;

  constructor(private readonly parts: SettlingParts) {
    this.log = new FailureLog(parts.logger, 'A message cannot be put aside and stays in its queue');
  }

  /** Resolves when it is carried out, or the session has ended: then the message will be delivered again. */
  async settle(session: Session, message: Message, verdict: Verdict): Promise<void> {
    if (verdict.kind === 'done') return session.ack(message);
    const move = this.moveFor(message, verdict);
    for (let attempt = 1; !session.ended.aborted; attempt += 1) {
      try {
        await this.put(message, move);
        this.log.succeeded();
        return session.ack(message);
      } catch (error) {
        if (error instanceof AppError && error.code === 'MESSAGE_TOO_LARGE')
          return this.giveUp(session, message, error);
        this.log.failed(error);
        await this.parts.repair();
        await systemClock.sleep(backoffMs(attempt, AGAIN), session.ended);
      }
    }
  }

  private moveFor(message: Message, verdict: Exclude<Verdict, { kind: 'done' }>): Move {
    const { topology } = this.parts;
    const delay = verdict.kind === 'retry' ? delayFor(topology, verdict.delayMs) : undefined;
    if (delay !== undefined) {
      const state = progressHeaders(message, verdict.progress);
      return {
        exchange: delay.exchange,
        routingKey: delay.routingKey,
        properties: propertiesOf(message, carriesState(message), state),
      };
    }
    return {
      exchange: topology.dlx,
      routingKey: message.fields.routingKey,
      properties: asLetter(message, verdict, Date.now()),
    };
  }

  private put({ content }: Message, { exchange, routingKey, properties }: Move): Promise<void> {
    return this.parts.sender.send(
      { exchange, declare: false },
      {
        routingKey,
        body: content,
        properties: (mark) => ({
          ...properties,
          headers: { ...(properties.headers as object), [MARK_HEADER]: mark },
        }),
      },
    );
  }

  /** It came from a client with wider limits: RabbitMQ itself takes it to the dead letters, without our reason. */
  private giveUp(session: Session, message: Message, error: AppError): void {
    this.parts.logger.error(
      { code: error.code },
      `A message cannot be written anew and goes to the dead letters: ${error.message}`,
    );
    session.reject(message);
  }
}
