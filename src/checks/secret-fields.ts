import type { CheckDefinition } from './define-check.js';
import { originOf } from './destinations.js';
import { decoded, maskText, SECRET_MARKER, SECRET_NAME, unmaskText } from '../core/secret-text.js';

type Config = Readonly<Record<string, unknown>>;

/**
 * The config as answers show it: a marker for each secret of the type (of a type we do not know, for every key that
 * looks like one), inside objects for every key that looks like one, and for passwords inside URLs and connection strings.
 */
export function withoutSecrets(
  definition: CheckDefinition | undefined,
  config: Config | null,
): Config | null {
  return config && masked(config, isSecret(definition), []);
}

/** Every secret text in it, the longest first: what may stand in no message. */
export function secretsOf(definition: CheckDefinition | undefined, config: Config): string[] {
  const secrets: string[] = [];
  masked(config, isSecret(definition), secrets);
  const words = secrets.flatMap((secret) => [secret, decoded(secret), ...valuesIn(secret)]);
  return [...new Set(words)].sort((a, b) => b.length - a.length);
}

/** Where a value stands in a config. */
export type Path = readonly (string | number)[];

/**
 * An edit's config: a marker, or a secret key that is left out, keeps what was there. Where that is goes to `kept`;
 * whether it may be kept is another question (see `sentElsewhere`).
 */
export function mergeSecrets(
  definition: CheckDefinition | undefined,
  old: Config | null,
  edited: Config,
  kept: Path[] = [],
): Config {
  return old ? merged(old, edited, isSecret(definition), { path: [], kept }) : edited;
}

/** Whether a marker is left that stands for nothing; the names of those keys. */
export function markersIn(config: Config): string[] {
  return Object.entries(config)
    .filter(([, value]) => JSON.stringify(value)?.includes(SECRET_MARKER))
    .map(([key]) => key);
}

type IsSecret = (key: string) => boolean;

function isSecret(definition: CheckDefinition | undefined): IsSecret {
  if (!definition) return looksSecret;
  return (key) => definition.secrets?.includes(key) ?? false;
}

function looksSecret(key: string): boolean {
  return SECRET_NAME.test(key);
}

function masked(config: Config, secret: IsSecret, secrets: string[]): Config {
  const entries = Object.entries(config).map(([key, value]) => [
    key,
    secret(key) && isSet(value) ? hidden(value, secrets) : shown(value, secrets),
  ]);
  return Object.fromEntries(entries) as Config;
}

/** False for what is no secret whatever its name: nothing, a switch. */
function isSet(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '' && typeof value !== 'boolean';
}

function hidden(value: unknown, secrets: string[]): string {
  secrets.push(typeof value === 'string' ? value : JSON.stringify(value));
  return SECRET_MARKER;
}

function shown(value: unknown, secrets: string[]): unknown {
  if (typeof value === 'string') return maskText(value, secrets);
  if (Array.isArray(value)) return value.map((item) => shown(item, secrets));
  return isObject(value) ? masked(value, looksSecret, secrets) : value;
}

interface Merging {
  path: Path;
  kept: Path[];
}

function merged(old: Config, edited: Config, secret: IsSecret, { path, kept }: Merging): Config {
  const result: Record<string, unknown> = { ...edited };
  for (const [key, was] of Object.entries(old)) {
    const now = edited[key];
    const at = { path: [...path, key], kept };
    if (secret(key) && isSet(was) && (now === undefined || now === SECRET_MARKER)) {
      result[key] = was;
      kept.push(at.path);
    } else if (now !== undefined) result[key] = restored(was, now, at);
  }
  return result;
}

function restored(was: unknown, now: unknown, at: Merging): unknown {
  if (typeof was === 'string' && typeof now === 'string') return restoredText(was, now, at);
  if (Array.isArray(was) && Array.isArray(now))
    return now.map((item: unknown, i) =>
      restored(sameItem(was, item, i), item, { ...at, path: [...at.path, i] }),
    );
  return isObject(was) && isObject(now) ? merged(was, now, looksSecret, at) : now;
}

function restoredText(was: string, now: string, { path, kept }: Merging): string {
  const text = unmaskText(now, was);
  if (text !== now) kept.push(path);
  return text;
}

/** What an item of a list was: lists are put in another order, and the password of one server is not another's. */
function sameItem(was: readonly unknown[], item: unknown, i: number): unknown {
  if (typeof item !== 'string') return was[i];
  const texts = was.filter((each) => typeof each === 'string');
  const origin = originOf(item);
  return (
    texts.find((text) => maskText(text) === item) ?? texts.find((text) => originOf(text) === origin) ?? was[i]
  );
}

function isObject(value: unknown): value is Config {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is secret within a secret that is an object as JSON, such as headers: the credentials of `Bearer xyz` also alone. */
function valuesIn(secret: string): string[] {
  if (!secret.startsWith('{')) return [];
  try {
    const entries = Object.entries(JSON.parse(secret) as Config);
    const hidden = entries.filter(([key]) => looksSecret(key) || /cookie/i.test(key));
    return hidden.flatMap(([, value]) =>
      typeof value === 'string' && value !== '' ? [value, value.split(' ').at(-1)!] : [],
    );
  } catch {
    return [];
  }
}
