import { isUtf8 } from 'node:buffer';
import type { DeadLetter } from '../../ports/message-exchange.port.js';

/** A letter as lists show it: everything but the payload. */
export function letterHead(letter: DeadLetter) {
  return {
    id: letter.id,
    exchange: letter.exchange,
    routing_key: letter.routingKey,
    message_id: letter.messageId,
    reason: letter.reason,
    attempts: letter.attempts,
    first_seen: new Date(letter.firstSeenAt).toISOString(),
    given_up: new Date(letter.diedAt).toISOString(),
    bytes: letter.body.length,
  };
}

/** A letter whole: its payload is text where it is UTF-8, never parsed, else `{"base64": "..."}`. */
export function letterWhole(letter: DeadLetter) {
  const { body, headers } = letter;
  const payload = isUtf8(body) ? body.toString('utf8') : { base64: body.toString('base64') };
  return { ...letterHead(letter), headers, payload };
}
