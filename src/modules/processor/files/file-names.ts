import { createHash } from 'node:crypto';

/** What may stand in a name as it is; `~` is ours, so it marks parts that are no part of the key. */
const UNSAFE = /[^A-Za-z0-9._-]/;
const SUFFIX = '.json';
/** A name of the usual file systems holds 255 bytes: what is left beside the time, `.json` and `~<number>`. */
const MOST_KEY_BYTES = 255 - 'YYYYMMDD_HHMMSS_microseconds_'.length - SUFFIX.length - 6;
const HASH = /~h[0-9a-f]{16}$/;
const NAME = /^\d{8}_\d{6}_\d{6}_(.*)\.json$/;

/**
 * A routing key as a part of a file name: all but `A-Z a-z 0-9 . _ -` as %XX of its UTF-8 bytes. One that is too long
 * is cut, and ends in `~h` and 16 digits of its SHA-256; the whole key then stands in the manifest only.
 */
export function keyPart(key: string): string {
  const safe = UNSAFE.test(key) ? escapeKey(key) : key;
  if (safe.length <= MOST_KEY_BYTES) return safe;
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 16);
  const head = safe.slice(0, MOST_KEY_BYTES - 18).replace(/%.?$/, '');
  return `${head}~h${hash}`;
}

function escapeKey(key: string): string {
  let safe = '';
  for (const byte of Buffer.from(key)) {
    const char = String.fromCharCode(byte);
    safe += UNSAFE.test(char) ? `%${byte.toString(16).toUpperCase().padStart(2, '0')}` : char;
  }
  return safe;
}

/** `count` is 1 for the first file that wants this name, then 2, 3, ... */
export function fileName(stem: string, count = 1): string {
  return count === 1 ? `${stem}${SUFFIX}` : `${stem}~${count}${SUFFIX}`;
}

/** The routing key that a name (without folder) was made of; null when it is none of ours, or the key was cut. */
export function keyOfName(name: string): string | null {
  const part = NAME.exec(name)?.[1]?.replace(/~\d+$/, '');
  if (part === undefined || HASH.test(part)) return null;
  const bytes = Buffer.from(
    part.replace(/%([0-9A-F]{2})/g, (_, hex: string) => unescape1(hex)),
    'latin1',
  );
  return bytes.toString('utf8');
}

function unescape1(hex: string): string {
  return String.fromCharCode(parseInt(hex, 16));
}

/** The time of a name, in the time zone of the process (TZ) or in UTC. */
export interface NameTime {
  /** `YYYYMMDD` */
  day: string;
  /** `HH` */
  hour: string;
  /** `YYYYMMDD_HHMMSS_mmm`: three more digits make the microseconds. */
  millisecond: string;
}

export function nameTime(ms: number, zone: 'local' | 'utc'): NameTime {
  const at = new Date(ms);
  // The same instant's local fields, as if they were those of UTC.
  const fields = zone === 'utc' ? at : new Date(ms - at.getTimezoneOffset() * 60_000);
  const [date, time] = fields.toISOString().split('T') as [string, string];
  const day = date.replaceAll('-', '');
  const hour = time.slice(0, 2);
  return { day, hour, millisecond: `${day}_${time.slice(0, 8).replaceAll(':', '')}_${time.slice(9, 12)}` };
}
