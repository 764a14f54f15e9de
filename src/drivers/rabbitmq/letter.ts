import { createHash, randomBytes } from 'node:crypto';
import type { Message, Options, XDeath } from 'amqplib';
import type { DeadLetter, FailureReason, Progress } from '../../ports/message-exchange.port.js';
import { shownHeaders, stateHeaders, stateOf } from './headers.js';
import { carriesState, isOurWay, progressHeaders, propertiesOf, textOrNull, wholeNumber } from './message.js';
import { leadsBack } from './topology.js';

let lastId = 0n;

/** Ascending within a process: letters of one millisecond keep their order. A UUID of version 7 (RFC 9562). */
export function newLetterId(now: number): string {
  const next = (BigInt(now) << 12n) + BigInt(randomBytes(1)[0]!);
  lastId = next > lastId ? next : lastId + 1n;
  const hex = lastId.toString(16).padStart(15, '0');
  const tail = randomBytes(8);
  tail[0] = (tail[0]! & 0x3f) | 0x80;
  const rest = tail.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(12)}-${rest.slice(0, 4)}-${rest.slice(4)}`;
}

/** A delivery as it goes to the dead letters. */
export function asLetter(
  message: Message,
  { progress, reason }: { progress: Progress; reason: FailureReason },
  now: number,
): Options.Publish {
  return propertiesOf(message, carriesState(message), {
    ...progressHeaders(message, progress),
    ...stateHeaders({ id: newLetterId(now), code: reason.code, reason: reason.message, 'died-at': now }),
  });
}

/** Null for one that RabbitMQ put there itself. */
export function ownIdOf({ properties: { headers } }: Message): string | null {
  return textOrNull(stateOf(headers, 'id'));
}

/** What lies in the queue of dead letters, put there by `asLetter` or by RabbitMQ itself. */
export function letterOf(message: Message): DeadLetter {
  const { headers } = message.properties;
  const id = ownIdOf(message);
  const shared = {
    body: Buffer.from(message.content), // not the whole chunk that it was received in
    messageId: textOrNull(message.properties.messageId),
    headers: shownHeaders(headers, hasState(message)),
  };
  return id === null ? { ...shared, ...byBroker(message) } : { ...shared, ...byUs(message, id) };
}

type Fate = Omit<DeadLetter, 'body' | 'messageId' | 'headers'>;

function byUs(message: Message, id: string): Fate {
  const { headers } = message.properties;
  const diedAt = wholeNumber(stateOf(headers, 'died-at'), 0);
  return {
    id,
    diedAt,
    reason: { code: String(stateOf(headers, 'code')), message: String(stateOf(headers, 'reason')) },
    ...stateAtDeath(message, diedAt),
  };
}

const BROKERS_REASONS: Record<string, string> = {
  delivery_limit: 'It was handed out too often without an answer: processes died with it in hand.',
  expired: 'Its publisher gave it an expiration, which came.',
  rejected: 'It was refused, and could not be written anew.',
  maxlen: 'Its queue was full.',
};

/** It waited, or had come back, when its process with the temporary queue ended. */
const LEFT_BEHIND = 'The process that was to try it again is gone.';

function toldBy(message: Message): string {
  const death = deathOf(message);
  const origin = stateOf(message.properties.headers, 'exchange');
  if (hasState(message) && leadsBack(death?.queue ?? '', String(origin))) return LEFT_BEHIND;
  return BROKERS_REASONS[death?.reason ?? ''] ?? 'RabbitMQ gave it up.';
}

function byBroker(message: Message): Fate {
  const death = deathOf(message);
  const diedAt = death ? death.time.value * 1000 : 0;
  return {
    id: idOf(message, diedAt),
    diedAt,
    reason: { code: 'DELIVERY_LIMIT', message: toldBy(message) },
    ...(hasState(message) ? stateAtDeath(message, diedAt) : firstDeath(message, diedAt)),
  };
}

type AtDeath = Pick<Fate, 'exchange' | 'routingKey' | 'attempts' | 'firstSeenAt'>;

/** It had been retried before. */
function stateAtDeath({ properties: { headers } }: Message, diedAt: number): AtDeath {
  return {
    exchange: String(stateOf(headers, 'exchange')),
    routingKey: String(stateOf(headers, 'routing-key')),
    attempts: wholeNumber(stateOf(headers, 'failures'), 0),
    firstSeenAt: wholeNumber(stateOf(headers, 'first-seen'), diedAt),
  };
}

function firstDeath(message: Message, diedAt: number): AtDeath {
  const { exchange, routingKey } = message.fields;
  const death = deathOf(message);
  return {
    exchange: death?.exchange ?? exchange,
    routingKey: death?.['routing-keys'][0] ?? routingKey,
    attempts: 0,
    firstSeenAt: diedAt,
  };
}

/** The same at each look. */
function idOf({ fields, properties, content }: Message, diedAt: number): string {
  const name = textOrNull(properties.messageId) ?? textOrNull(stateOf(properties.headers, 'trace')) ?? '';
  const about = `${name}\n${diedAt}\n${fields.routingKey}\n`;
  return createHash('sha256').update(about).update(content).digest('hex').slice(0, 32);
}

/** Why and when RabbitMQ itself put it there: the newest entry of the message's history. */
function deathOf({ properties }: Message): XDeath | undefined {
  return properties.headers?.['x-death']?.[0];
}

/** Whether its headers of ours are from this driver: as in `carriesState`, they are where it died on a way of ours. */
function hasState(message: Message): boolean {
  const { headers } = message.properties;
  if (stateOf(headers, 'id') !== undefined) return true;
  const exchange = deathOf(message)?.exchange;
  return (
    exchange !== undefined && isOurWay(exchange, headers) && stateOf(headers, 'routing-key') !== undefined
  );
}

/** A letter as the new message that `resend` makes of it: where it was published first goes with it, and who has it. */
export function asNewMessage(message: Message, { exchange, routingKey }: DeadLetter): Options.Publish {
  const { headers } = message.properties;
  const known = hasState(message);
  const progress = known
    ? {
        'first-seen': stateOf(headers, 'first-seen'),
        done: stateOf(headers, 'done'),
        trace: stateOf(headers, 'trace'),
      }
    : {};
  return propertiesOf(message, known, stateHeaders({ exchange, 'routing-key': routingKey, ...progress }));
}
