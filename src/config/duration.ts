const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
/** As text; whether it is within the bounds is another question. */
export const DURATION = /^(?:(\d{1,10})(ms|s|m|h|d)|never)$/;

/** The bounds of a period: a timer's most, and what a loop can keep. */
const LEAST_MS = 10;
const MOST_MS = 2 ** 31 - 1;

/** What to write, for messages. */
export const DURATION_FORM =
  'a whole number of seconds, or one with its unit such as 500ms, 30s, 5m, 2h, 1d, from 10ms to 24d, or never';

/** Milliseconds; null for `never`; undefined for what is no period. A number counts seconds. */
export function parseDuration(value: number | string): number | null | undefined {
  if (value === 'never') return null;
  const [, count, unit] = DURATION.exec(typeof value === 'number' ? `${value}s` : value) ?? [];
  const ms = Number(count) * (UNITS[unit ?? ''] ?? NaN);
  return ms >= LEAST_MS && ms <= MOST_MS ? ms : undefined;
}

export function isDuration(value: number | string): boolean {
  return parseDuration(value) !== undefined;
}
