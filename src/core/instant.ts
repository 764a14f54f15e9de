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
