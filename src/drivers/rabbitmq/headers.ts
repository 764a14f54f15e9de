import type { MessagePropertyHeaders } from 'amqplib';

/** Ours: what a message keeps while it waits, and why a dead letter died. Written only by this driver. */
const OURS = 'x-carillon-';
/** By it a message that RabbitMQ returns is known again. */
export const MARK_HEADER = `${OURS}mark`;

/** RabbitMQ's own: the history of a message, which begins anew with each publish; CC would send it elsewhere too. */
const OF_BROKER = /^(x-death|x-(first|last)-death-.*|x-delivery-count|x-acquired-count|B?CC)$/;

type Headers = MessagePropertyHeaders | undefined;

/** What a message knows of itself, as headers `x-carillon-…`; what is null or undefined is left out. */
export function stateHeaders(state: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const known = Object.entries(state).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [OURS + name, value]));
}

/** One of them, as it was written; undefined when it is not there. */
export function stateOf(headers: Headers, name: string): unknown {
  return headers?.[OURS + name];
}

/** The publisher's headers as they came: what a message that is published anew must keep. */
export function keptHeaders(headers: Headers, carriesState: boolean): Record<string, unknown> {
  const kept = Object.entries(headers ?? {}).filter(
    ([name]) => !OF_BROKER.test(name) && !(carriesState && name.startsWith(OURS)),
  );
  return Object.fromEntries(kept);
}

/** The same as the port shows them: text, numbers and booleans, as text. */
export function shownHeaders(headers: Headers, carriesState: boolean): Record<string, string> {
  const shown = Object.entries(keptHeaders(headers, carriesState)).filter(([, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value),
  );
  return Object.fromEntries(shown.map(([name, value]) => [name, String(value)]));
}
