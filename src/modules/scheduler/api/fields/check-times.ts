import { cronMistake } from '../../../../config/cron-mistake.js';
import type { FieldError } from '../../../../http/validation.js';
import type { MonitorFields } from '../../../../ports/monitor-store.port.js';

const ANY_LINE = '0 0 * * *';

type Times = Pick<MonitorFields, 'interval' | 'timeout' | 'cron' | 'timezone'>;

/**
 * The timeout lies within the interval, and the cron line in its zone has ticks. What was not given is not complained
 * about: a table of others may hold anything.
 */
export function checkTimes(
  fields: Times,
  given: Partial<Times>,
  timezone: string,
  errors: FieldError[],
): void {
  const mistakes = [timeoutMistake(fields, given), cronOrZoneMistake(fields, given, timezone)];
  for (const mistake of mistakes) if (mistake) errors.push(mistake);
}

function timeoutMistake(fields: Times, given: Partial<Times>): FieldError | null {
  if ((given.interval === undefined && given.timeout === undefined) || isWithin(fields)) return null;
  if (given.timeout === undefined) {
    const msg = `must be more than the timeout, ${fields.timeout} s; give both to change both`;
    return { type: 'timeout_range', loc: ['body', 'interval'], msg };
  }
  const msg = `must be less than the interval, ${fields.interval} s`;
  return { type: 'timeout_range', loc: ['body', 'timeout'], msg };
}

function cronOrZoneMistake(fields: Times, given: Partial<Times>, timezone: string): FieldError | null {
  if (given.cron === undefined && given.timezone === undefined) return null;
  // A zone without a line is checked with any line.
  const msg = cronMistake(fields.cron ?? ANY_LINE, fields.timezone ?? timezone);
  if (msg === undefined) return null;
  const isZone = fields.timezone !== null && cronMistake(ANY_LINE, fields.timezone) !== undefined;
  const at = isZone ? 'timezone' : 'cron';
  return { type: `${at}_invalid`, loc: ['body', at], msg };
}

/** One second has no whole second below it. */
function isWithin({ interval, timeout }: Times): boolean {
  return timeout < interval || (interval === 1 && timeout === 1);
}
