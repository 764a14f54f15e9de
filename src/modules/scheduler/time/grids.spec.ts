import { describe, expect, it } from '@jest/globals';
import { monitor } from '../../../../test/support/scheduling.js';
import { AppError } from '../../../core/errors.js';
import type { Grid } from '../../../core/grid.js';
import type { MonitorSchedule } from '../../../ports/monitor-store.port.js';
import { Grids } from './grids.js';
import { phase } from './phase.js';

const NOW = Date.parse('2026-05-04T10:00:00Z');
const of = (fields: Partial<MonitorSchedule>, id = 'm') =>
  new Grids('Europe/Vienna').of(monitor(id, fields), NOW);

describe('the grid of a monitor', () => {
  it('is its phase and its interval, since the epoch', () => {
    const grid = of({ interval: 60 }) as Grid;
    const first = grid.next(NOW) as number;
    expect((first - phase('m', 60_000)) % 60_000).toBe(0);
    expect(grid.next(first)).toBe(first + 60_000);
  });

  it('is its cron line’s in its own zone, else in the default one, without a phase', () => {
    const next = (timezone: string | null) =>
      new Date((of({ cron: '0 6 * * *', timezone }) as Grid).next(NOW) as number).toISOString();
    expect(next('Asia/Tokyo')).toBe('2026-05-04T21:00:00.000Z');
    expect(next(null)).toBe('2026-05-05T04:00:00.000Z');
  });

  it('of one cron line is shared', () => {
    const grids = new Grids('UTC');
    const [a, b] = ['a', 'b'].map((id) => grids.of(monitor(id, { cron: '* * * * *' }), NOW));
    expect(a).toBe(b);
  });

  it.each([
    [{ interval: 0 }, 'interval'],
    [{ interval: -5 }, 'interval'],
    [{ interval: NaN }, 'interval'],
    [{ interval: 1e300 }, 'interval'],
    [{ interval: null as unknown as number }, 'interval'],
    [{ cron: 'whenever' }, 'cron line'],
    [{ cron: '' }, 'cron line'],
    [{ cron: '0 0 30 2 *' }, 'never'],
    [{ cron: '* * * * *', timezone: 'Mars/Olympus' }, 'zone'],
    [{ priority: 'urgent' as 'low' }, 'priority'],
  ])('of a row with %p is refused in words', (fields, word) => {
    const refused = of(fields);
    expect(refused).toBeInstanceOf(AppError);
    expect((refused as AppError).message).toContain(word);
  });
});
