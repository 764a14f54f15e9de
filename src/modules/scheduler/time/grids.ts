import { cronGrid } from '../../../core/cron-grid.js';
import { AppError, asAppError } from '../../../core/errors.js';
import { everyGrid, type Grid } from '../../../core/grid.js';
import { ZoneOffsets } from '../../../core/zone-offsets.js';
import { PRIORITIES, type MonitorSchedule } from '../../../ports/monitor-store.port.js';
import { phase } from './phase.js';

/** Of different cron lines, and of zones; who has more loses only that the later ones are shared. */
const MOST_SHARED = 10_000;

/**
 * The grid of each monitor: `phase(id) + k · interval` since the Unix epoch, or its cron line's, which has no phase. One
 * grid serves all monitors of the same cron line and zone.
 */
export class Grids {
  private readonly shared = new Map<string, Grid | AppError>();
  private readonly zones = new Map<string, ZoneOffsets>();

  constructor(
    /** Of cron lines that name no zone. */
    private readonly zone: string,
  ) {}

  /** The grid, or what is wrong with the row: whoever wrote it past the API meets no check. */
  of(row: MonitorSchedule, now: number): Grid | AppError {
    if (!PRIORITIES.includes(row.priority))
      return mistake(`priority must be one of ${PRIORITIES.join(', ')}`);
    if (row.cron !== null) return this.ofLine(row.cron, row.timezone, now);
    const periodMs = Math.round(row.interval * 1000);
    if (!(periodMs >= 1000) || !Number.isSafeInteger(periodMs))
      return mistake('interval must be a number of seconds, 1 at least');
    return everyGrid({ anchorMs: phase(row.id, periodMs), periodMs });
  }

  /** Of a cron line; `null` is the zone of lines that name none. */
  ofLine(line: string, timezone: string | null, now: number): Grid | AppError {
    const zone = timezone ?? this.zone;
    const key = `${zone}\n${line}`;
    const known = this.shared.get(key);
    if (known) return known;
    const read = this.readLine(line, zone, now);
    if (this.shared.size < MOST_SHARED) this.shared.set(key, read);
    return read;
  }

  private readLine(line: string, zone: string, now: number): Grid | AppError {
    try {
      const grid = cronGrid(line, this.zoneOf(zone));
      return grid.next(now) === null ? mistake(`cron "${line}" names a time that never comes`) : grid;
    } catch (error) {
      return asAppError(error);
    }
  }

  /** @throws AppError VALIDATION_FAILED */
  private zoneOf(name: string): ZoneOffsets {
    const known = this.zones.get(name);
    if (known) return known;
    const zone = new ZoneOffsets(name);
    if (this.zones.size < MOST_SHARED) this.zones.set(name, zone);
    return zone;
  }
}

function mistake(sentence: string): AppError {
  return new AppError('VALIDATION_FAILED', `${sentence}.`);
}
