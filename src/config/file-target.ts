import { httpHeaderMistake, twiceNamed } from './emitter-headers.js';
import type { TargetSettings } from './emitter-settings.js';
import type { FileEmitter } from './emitters-file.schema.js';
import { TOPIC } from './processor-settings.js';
import { isHttpUrl } from './variable.js';

type FileTarget = FileEmitter['target'];

/** Tells mistakes of one emitter by their place in it, and replaces `${NAME}`. */
export interface FilePlace {
  tell(place: string, rule: string): void;
  /** Undefined when it was told that it cannot be. */
  replaced(place: string, text: string): string | undefined;
}

const MOST_NAME_BYTES = 255;

/** Undefined when a mistake was told that leaves no target. */
export function targetOf(
  { http, topic, exchange }: FileTarget,
  place: FilePlace,
  defaultExchange: string,
): TargetSettings | undefined {
  if (http) return httpTarget(http, place);
  if (topic) return topicTarget(topic, place);
  return exchange && exchangeTarget(exchange, place, defaultExchange);
}

function httpTarget(
  { url, method = 'POST', headers = {} }: NonNullable<FileTarget['http']>,
  place: FilePlace,
): TargetSettings | undefined {
  const all = replacedHeaders(headers, 'target.http.headers', place);
  for (const [name, value] of Object.entries(all)) {
    const mistake = httpHeaderMistake(name, value);
    if (mistake) place.tell(`target.http.headers.${name.slice(0, 60)}`, mistake);
  }
  const address = urlOf('target.http.url', url, place);
  return address && { kind: 'http', url: address, method, headers: all };
}

/** Undefined when it was told that there is none. Its value is never shown, as it may hold a password. */
export function urlOf(where: string, text: string, place: FilePlace): URL | undefined {
  const url = place.replaced(where, text);
  if (url === undefined) return undefined;
  if (isHttpUrl(url)) return new URL(url);
  place.tell(where, 'must be an http:// or https:// URL');
  return undefined;
}

function topicTarget(
  { name, key, headers = {} }: NonNullable<FileTarget['topic']>,
  place: FilePlace,
): TargetSettings {
  if (!TOPIC.test(name))
    place.tell('target.topic.name', 'must be 1 to 249 of the characters a-z A-Z 0-9 . _ -');
  if (key?.isWellFormed() === false) place.tell('target.topic.key', 'must be well-formed text');
  return {
    kind: 'topic',
    topic: name,
    key: key ?? null,
    headers: replacedHeaders(headers, 'target.topic.headers', place),
  };
}

function exchangeTarget(
  { name, routing_key: routingKey, headers = {} }: NonNullable<FileTarget['exchange']>,
  place: FilePlace,
  defaultName: string,
): TargetSettings {
  const exchange = name ?? defaultName;
  const rule = `must be at most ${MOST_NAME_BYTES} bytes`;
  if (Buffer.byteLength(exchange) > MOST_NAME_BYTES) place.tell('target.exchange.name', rule);
  if (Buffer.byteLength(routingKey) > MOST_NAME_BYTES) place.tell('target.exchange.routing_key', rule);
  return {
    kind: 'exchange',
    exchange,
    routingKey,
    headers: replacedHeaders(headers, 'target.exchange.headers', place),
  };
}

function replacedHeaders(
  headers: Readonly<Record<string, string>>,
  where: string,
  place: FilePlace,
): Record<string, string> {
  const twice = twiceNamed(Object.keys(headers));
  if (twice !== undefined) place.tell(`${where}.${twice.slice(0, 60)}`, 'stands there twice');
  const all = Object.entries(headers).map(([name, value]) => {
    const text = place.replaced(`${where}.${name.slice(0, 60)}`, value) ?? '';
    if (!text.isWellFormed()) place.tell(`${where}.${name.slice(0, 60)}`, 'must be well-formed text');
    return [name, text];
  });
  return Object.fromEntries(all) as Record<string, string>;
}
