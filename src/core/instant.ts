const DATE = '(?<date>\\d{4}-\\d{2}-\\d{2})';
const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d(?:\\.\\d{1,3})?)?';
const OFFSET = '(?:Z|[+-](?:0\\d|1[0-4]):[0-5]\\d)';
const INSTANT = new RegExp(`^${DATE}T${TIME}${OFFSET}$`);

/**
 * An ISO 8601 date and time with its offset from UTC (`Z`, `+02:00`) as milliseconds since the Unix epoch; null for
 * anything else: without an offset it would be another moment on another machine.
 */
export function parseInstant(text: string): number | null {
  const date = INSTANT.exec(text)?.groups?.date;
  return date === undefined || !isDay(date) ? null : Date.parse(text);
}

/** Date.parse turns the 30th of February into the 2nd of March. */
function isDay(date: string): boolean {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(date);
}

const DAYS =
  '(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))';
const LEAP_YEARS =
  '(?:19(?:7[26]|8[048]|9[26])|[2-9]\\d(?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[3579][26])00)';

/** What `parseInstant` takes, from 1970 on, as documents of the API have it. */
export const INSTANT_PATTERN = `^(?:(?:19[7-9]\\d|[2-9]\\d{3})-${DAYS}|${LEAP_YEARS}-02-29)T${TIME}${OFFSET}$`;
