/** What databases and programs make of one and the same value. */

const TIME =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?)? ?(Z|UTC|[+-]\d\d(?::?\d\d)?)?(?: [A-Z]{3,4})?$/;
/** A number below is seconds, one above milliseconds. */
const MILLIS_FROM = 1e11;

/**
 * A time in milliseconds since the Unix epoch, whole: ISO text in its several forms (without an offset it is UTC), a
 * number of seconds or milliseconds, a Date. 0 where it cannot be read.
 */
export function toMillis(value: unknown): number {
  if (typeof value === 'string') return millisOfText(value);
  if (value instanceof Date) return value.getTime();
  const number = Number(value ?? 0);
  if (!Number.isFinite(number)) return 0;
  return Math.floor(number < MILLIS_FROM ? number * 1000 : number);
}

function millisOfText(text: string): number {
  return millisOfOurs(text) ?? millisOfAny(text);
}

const DAY_MS = 86_400_000;

/** The day that was read last: rows beside each other were mostly written on one. */
let day = { text: '', at: NaN };

/** `2026-01-31 12:00:00.000+00:00`, as we write it ourselves in SQLite: 200,000 of them at each full sync. */
function millisOfOurs(text: string): number | null {
  if (text.length !== 29 || !text.endsWith('+00:00') || text[13] !== ':' || text[19] !== '.') return null;
  const date = text.slice(0, 10);
  if (date !== day.text) day = { text: date, at: Date.parse(date) };
  const of = (from: number, digits: number) => numberAt(text, from, digits);
  const ms = of(11, 2) * 3_600_000 + of(14, 2) * 60_000 + of(17, 2) * 1000 + of(20, 3);
  return day.at + ms < day.at + DAY_MS ? day.at + ms : null;
}

/** Of so many decimal digits; NaN when one is none. */
function numberAt(text: string, from: number, digits: number): number {
  let number = 0;
  for (let at = from; at < from + digits; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    number = digit >= 0 && digit <= 9 ? number * 10 + digit : NaN;
  }
  return number;
}

function millisOfAny(text: string): number {
  const match = TIME.exec(text);
  if (!match) return /^\d+(\.\d+)?$/.test(text) ? toMillis(Number(text)) : 0;
  const [, day, time = '00:00', fraction = '', offset = 'Z'] = match;
  const millis = fraction.slice(0, 3).padEnd(3, '0');
  const seconds = time.length === 5 ? `${time}:00` : time;
  return Date.parse(`${day}T${seconds}.${millis}${isoOffset(offset)}`) || 0;
}

function isoOffset(offset: string): string {
  if (offset === 'Z' || offset === 'UTC' || offset === '+00') return 'Z';
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
  return `${offset[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

const TRUE = new Set(['1', 't', 'true', 'y', 'yes', 'on']);

export function toBoolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  if (value instanceof Uint8Array) return value[0] === 1; // bit(1) of MySQL
  return TRUE.has(String(value).toLowerCase());
}

/** A JSON object, given as text or as the client library read it; null for anything else. */
export function toObject(value: unknown): Record<string, unknown> | null {
  const read = typeof value === 'string' ? parsed(value) : value;
  const isObject = typeof read === 'object' && read !== null && !Array.isArray(read);
  return isObject ? (read as Record<string, unknown>) : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Null stays null. */
export function toNumber(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** `,"a","b",`: one tag is found in it by `tagWithin`. */
export function tagText(tags: readonly string[]): string {
  return tags.length === 0 ? '' : `,${tags.map((tag) => JSON.stringify(tag)).join(',')},`;
}

export function tagWithin(tag: string): string {
  return `,${JSON.stringify(tag)},`;
}

export function tagsOf(text: string | null): string[] {
  return text ? (JSON.parse(`[${text.slice(1, -1)}]`) as string[]) : [];
}

/** PostgreSQL has no place for NUL in a text. */
export function storable(text: string): string {
  return text.replaceAll('\0', '');
}
