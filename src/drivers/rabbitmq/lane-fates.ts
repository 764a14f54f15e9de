import { brokerWords, replyCode } from './rabbitmq-error.js';

/** What became of a message that was given to a channel. */
export type Fate =
  /** Safe in every queue that is bound. */
  | 'confirmed'
  /** No queue is bound for it; it is nowhere. */
  | 'returned'
  /** A queue could not take it. */
  | 'nacked'
  /** The broker refuses messages of its size. */
  | 'too-large'
  /** It cannot be written as AMQP: a name or its headers are too long. */
  | 'unwritable'
  /** It certainly did not get there: send it again. */
  | 'unsent'
  /** Nobody knows. */
  | 'lost';

export interface BodyLimit {
  /** Bytes. */
  most: number;
}

/** RabbitMQ's `max_message_size`, out of the error by which it closed the channel. */
export function bodyLimitIn(error: unknown): BodyLimit | null {
  const sizes = /message size \d+ .*larger than .*max size (\d+)/.exec(brokerWords(error));
  return sizes ? { most: Number(sizes[1]) } : null;
}

/**
 * What becomes of the messages in flight when their channel closes: RabbitMQ handles them in their order, and nothing
 * that follows the one at fault. `bytes` are those of the bodies, in the order of sending.
 */
export function fatesAfterClose(error: unknown, bytes: readonly number[]): Fate[] {
  const limit = bodyLimitIn(error);
  if (limit) {
    const atFault = bytes.findIndex((length) => length > limit.most);
    return bytes.map((_, i) => (i < atFault ? 'lost' : i === atFault ? 'too-large' : 'unsent'));
  }
  // No such exchange, or no right to write to it: alone in flight, it is the one at fault.
  const refused = [403, 404].includes(replyCode(error) ?? 0);
  return bytes.map(() => (refused && bytes.length === 1 ? 'unsent' : 'lost'));
}
