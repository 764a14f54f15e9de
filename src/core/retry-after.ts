const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH = `(?<month>${MONTHS.join('|')})`;
const TIME = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})';
/** The three forms of RFC 9110, 5.6.7: IMF-fixdate, and the obsolete ones of RFC 850 and asctime. */
const FORMS = [
  `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\\d{2}) ${MONTH} (?<year>\\d{4}) ${TIME} GMT`,
  `(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\\d{2})-${MONTH}-(?<year>\\d{2}) ${TIME} GMT`,
  `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})`,
].map((form) => new RegExp(`^${form}$`));

/** A date of an HTTP header as milliseconds since the Unix epoch; null for what is none. `now` tells its century. */
export function parseHttpDate(text: string, now: number): number | null {
  const parts = FORMS.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (!parts) return null;
  const midnight = dayOf(parts, now);
  const [hour, minute, second] = [Number(parts.hour), Number(parts.minute), Number(parts.second)];
  const isTime = hour < 24 && minute < 60 && second <= 60; // 60 is a leap second
  return midnight === null || !isTime ? null : midnight + ((hour * 60 + minute) * 60 + second) * 1000;
}

function dayOf({ day, month = '', year = '' }: Record<string, string>, now: number): number | null {
  const fullYear = year.length === 4 ? Number(year) : nearestCentury(Number(year), now);
  const midnight = new Date(Date.UTC(fullYear, MONTHS.indexOf(month), Number(day)));
  return midnight.getUTCDate() === Number(day) ? midnight.getTime() : null; // no 31st of April
}

/** Two digits name the year that is not more than 50 years ahead. */
function nearestCentury(twoDigits: number, now: number): number {
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}

/**
 * What a `Retry-After` header asks for, milliseconds from `now` and never above `capMs`; 0 for a date gone by, null
 * for none or for what is neither seconds nor a date.
 * Source: RFC 9110, 10.2.3.
 */
export function parseRetryAfter(value: string | undefined, now: number, capMs: number): number | null {
  const text = value?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, capMs);
  const at = parseHttpDate(text, now);
  return at === null ? null : Math.min(Math.max(0, at - now), capMs);
}
