import type { Message, MessagePropertyHeaders, Options } from 'amqplib';
import type { Delivery, Progress } from '../../ports/message-exchange.port.js';
import { keptHeaders, shownHeaders, stateHeaders, stateOf } from './headers.js';
import { leadsBack } from './topology.js';

/** A message of ours came back on a way of ours: there only do our headers mean what they say. */
export function carriesState({ fields, properties }: Message): boolean {
  return (
    isOurWay(fields.exchange, properties.headers) && stateOf(properties.headers, 'routing-key') !== undefined
  );
}

/** The default exchange, or one that leads back to a process that has a temporary queue. */
export function isOurWay(exchange: string, headers: MessagePropertyHeaders | undefined): boolean {
  const origin = stateOf(headers, 'exchange');
  return exchange === '' || (typeof origin === 'string' && leadsBack(exchange, origin));
}

/** Where it was published first. */
export interface Origin {
  exchange: string;
  routingKey: string;
}

export function originOf(message: Message): Origin {
  const { fields, properties } = message;
  if (!carriesState(message)) return { exchange: fields.exchange, routingKey: fields.routingKey };
  return {
    exchange: String(stateOf(properties.headers, 'exchange')),
    routingKey: String(stateOf(properties.headers, 'routing-key')),
  };
}

/** `now`: milliseconds since the Unix epoch. */
export function deliveryOf(message: Message, now: number): Delivery {
  const { content, properties } = message;
  const { headers } = properties;
  const state = carriesState(message);
  const { exchange, routingKey } = originOf(message);
  return {
    exchange,
    routingKey,
    body: content,
    messageId: textOrNull(properties.messageId),
    contentType: textOrNull(properties.contentType),
    headers: shownHeaders(headers, state),
    redelivered: wasInHand(message) || (state && stateOf(headers, 'redelivered') === true),
    progress: state ? progressOf(message, now) : { failures: 0, firstSeenAt: now, done: [], trace: null },
  };
}

/** By whom ever, and without a verdict; a quorum queue counts how often. */
function wasInHand({ fields, properties }: Message): boolean {
  return fields.redelivered || Number(properties.headers?.['x-delivery-count'] ?? 0) > 0;
}

function progressOf({ properties: { headers } }: Message, now: number): Progress {
  const done = stateOf(headers, 'done');
  const trace = stateOf(headers, 'trace');
  return {
    failures: wholeNumber(stateOf(headers, 'failures'), 0),
    firstSeenAt: wholeNumber(stateOf(headers, 'first-seen'), now),
    done: Array.isArray(done) ? done.filter((name) => typeof name === 'string') : [],
    trace: typeof trace === 'string' ? trace : null,
  };
}

/** What a message carries into a delay queue, or to the dead letters. */
export function progressHeaders(message: Message, progress: Progress): Record<string, unknown> {
  const { exchange, routingKey } = originOf(message);
  const copiesOne = carriesState(message) && stateOf(message.properties.headers, 'redelivered') === true;
  return stateHeaders({
    exchange,
    'routing-key': routingKey,
    failures: progress.failures,
    'first-seen': progress.firstSeenAt,
    done: progress.done,
    trace: progress.trace,
    // A copy of what may have been processed is one, too.
    redelivered: wasInHand(message) || copiesOne || null,
  });
}

/**
 * The properties of a message that is published anew: the publisher's, and `state` (headers) in place of the state that
 * it carries. Without two: the user id, which only the publisher's own connection may give, and the expiration, which
 * would end its wait too soon.
 */
export function propertiesOf(
  { properties }: Message,
  carriesState: boolean,
  state: Record<string, unknown>,
): Options.Publish {
  const { headers, ...kept } = properties;
  return {
    ...kept,
    userId: undefined,
    expiration: undefined,
    headers: { ...keptHeaders(headers, carriesState), ...state },
  };
}

/** An empty one names nobody. */
export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

export function wholeNumber(value: unknown, otherwise: number): number {
  return Number.isSafeInteger(value) ? (value as number) : otherwise;
}
