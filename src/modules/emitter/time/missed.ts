import type { TickPolicies } from '../../../config/emitter-settings.js';
import type { Grid } from '../../../core/grid.js';

/** The newest due tick is still on time within this, milliseconds. */
export const ON_TIME_MS = 60_000;
/** Made up for at one wake-up. */
export const MOST_AT_ONCE = 1000;

/** What is to be done with the ticks due at one wake-up. Each is either in `send` or counted in `missed`. */
export interface DueTicks {
  /** Planned times, the oldest first. */
  send: number[];
  /** Ticks that are skipped. */
  missed: number;
}

/**
 * Decides over the ticks after `after`, up to and with `now`. One is *missed* when the next one is due too, or when it
 * is more than a minute late.
 * - `skip`: none that was missed is sent.
 * - `latest`: the newest due tick is sent, be it missed, while it is no older than the window.
 * - `all`: every one no older than the window is sent; of more than 1000 the newest 1000.
 */
export function chooseDue(
  grid: Grid,
  { after, now }: { after: number; now: number },
  { missed, windowMs }: Pick<TickPolicies, 'missed' | 'windowMs'>,
): DueTicks {
  const newest = grid.latest(after, now);
  if (newest === null) return { send: [], missed: 0 };
  const oldestAllowed = now - windowMs;
  const send: number[] = [];
  const most = missed === 'all' ? MOST_AT_ONCE : 1;
  for (let tick: number | null = newest; tick !== null && send.length < most;) {
    const onTime = tick === newest && now - tick <= ON_TIME_MS;
    if (!onTime && (missed === 'skip' || tick < oldestAllowed)) break;
    send.push(tick);
    tick = grid.latest(after, tick - 1);
  }
  return { send: send.reverse(), missed: grid.count(after, now) - send.length };
}
