import { cronGrid } from '../core/cron-grid.js';

/**
 * What is wrong with a cron line or its zone, in words; undefined when nothing is.
 *
 * @param now from when on it must have a tick, milliseconds since the Unix epoch: zones change their rules.
 */
export function cronMistake(line: string, zone: string, now = Date.now()): string | undefined {
  try {
    if (cronGrid(line, zone).next(now) !== null) return undefined;
    return `The cron line "${line}" names a date that never comes in ${zone}: clocks are set ahead over it.`;
  } catch (error) {
    return (error as Error).message;
  }
}
