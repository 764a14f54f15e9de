import { describe, expect, it } from '@jest/globals';
import { at, Course, result, SECOND, T } from '../../../../test/support/judge-course.js';
import { MONITOR_STATUS, newState } from '../../../ports/monitor-store.port.js';
import { judge, judgeBy } from './judge.js';

describe('what results mean', () => {
  it('up is up; the first one alerts nobody', () => {
    const { state, statuses, alerts } = new Course().see('up', 'up');
    expect(statuses).toEqual(['up', 'up']);
    expect(alerts).toEqual([]);
    expect(state).toEqual({
      ...newState(),
      status: MONITOR_STATUS.up,
      since: at(1),
      lastStatus: 'up',
      lastAt: at(2),
      lastPlannedAt: T + 2 * SECOND,
      latencyMs: 12,
      message: '200 OK',
    });
  });

  it('without retries down is down at once, also as the first result', () => {
    const { statuses, alerts } = new Course().see('down');
    expect(statuses).toEqual(['down']);
    expect(alerts).toEqual([{ kind: 'status', from: null, to: 'down', second: 1 }]);
  });

  it('is pending as often as there are retries, then down, and alerts once', () => {
    const { statuses, alerts, state } = new Course({ maxRetries: 2 }).see(
      'up',
      'down',
      'down',
      'down',
      'down',
    );
    expect(statuses).toEqual(['up', 'pending', 'pending', 'down', 'down']);
    expect(alerts).toEqual([{ kind: 'status', from: 'pending', to: 'down', second: 4 }]);
    expect(state).toMatchObject({ failures: 4, since: at(4), alertedAt: at(4) });
  });

  it('pending that heals is no alert, and failures begin anew', () => {
    const { statuses, alerts } = new Course({ maxRetries: 1 }).see('up', 'down', 'up', 'down', 'up');
    expect(statuses).toEqual(['up', 'pending', 'up', 'pending', 'up']);
    expect(alerts).toEqual([]);
  });

  it('a new monitor that is pending first and then up alerts nobody', () => {
    expect(new Course({ maxRetries: 1 }).see('down', 'up').alerts).toEqual([]);
  });

  it('down stays down although retries were added meanwhile', () => {
    const course = new Course().see('down');
    const { status } = judge(course.state, result(2, { found: 'down' }), {
      maxRetries: 5,
      resendInterval: 0,
      maintenanceUntil: null,
    });
    expect(status).toBe('down');
  });

  it('back up alerts, with what it was', () => {
    const { alerts, state } = new Course().see('up', 'down', 'up');
    expect(alerts.map(({ from, to }) => [from, to])).toEqual([
      ['up', 'down'],
      ['down', 'up'],
    ]);
    expect(state).toMatchObject({ failures: 0, since: at(3), alertedAt: at(3) });
  });
});

describe('unknown', () => {
  it('leaves status, since and failures as they were', () => {
    const course = new Course({ maxRetries: 2 }).see('up', 'down');
    const before = course.state;
    course.see('unknown');
    expect(course.statuses.at(-1)).toBe('unknown');
    expect(course.state).toEqual({
      ...before,
      lastStatus: 'unknown',
      lastAt: at(3),
      lastPlannedAt: T + 3 * SECOND,
    });
    expect(course.see('down', 'down').statuses.slice(-2)).toEqual(['pending', 'down']);
  });

  it('as the first result leaves it without a status', () => {
    const { state, alerts } = new Course().see('unknown');
    expect(state).toMatchObject({ status: null, since: null, lastStatus: 'unknown' });
    expect(alerts).toEqual([]);
  });

  it('while it is down brings no reminder', () => {
    expect(new Course({ resendInterval: 1 }).see('down', 'unknown', 'unknown').alerts).toHaveLength(1);
  });
});

describe('maintenance', () => {
  const maintained = (until: number) => ({ maintenanceUntil: at(until) });

  it('takes the place of up and down, and alerts its beginning and its end only', () => {
    const course = new Course(maintained(4));
    course.one({ found: 'up' }, 1);
    course.state = { ...course.state, status: MONITOR_STATUS.up };
    course.one({ found: 'down' }, 2).one({ found: 'down' }, 3).one({ found: 'up' }, 4);
    expect(course.statuses).toEqual(['maintenance', 'maintenance', 'maintenance', 'up']);
    expect(course.alerts).toEqual([
      { kind: 'status', from: 'up', to: 'maintenance', second: 2 },
      { kind: 'status', from: 'maintenance', to: 'up', second: 4 },
    ]);
  });

  it('forgets failures: after it the retries begin anew', () => {
    const course = new Course({ maxRetries: 1, ...maintained(2) });
    course.state = { ...newState(), failures: 7, status: MONITOR_STATUS.down };
    course.one({ found: 'down' }, 1).one({ found: 'down' }, 2).one({ found: 'down' }, 3);
    expect(course.statuses).toEqual(['maintenance', 'pending', 'down']);
  });

  it('leaves unknown unknown', () => {
    expect(new Course(maintained(9)).see('unknown').statuses).toEqual(['unknown']);
  });

  it('as the first result alerts nobody', () => {
    expect(new Course(maintained(9)).see('down').alerts).toEqual([]);
  });
});

describe('a result that comes after a newer one', () => {
  it('is kept, and changes neither status nor failures', () => {
    const course = new Course().see('up', 'up');
    const before = course.state;
    course.one({ found: 'down' }, 1);
    expect(course.statuses.at(-1)).toBe('down');
    expect(course.state).toEqual(before);
    expect(course.alerts).toEqual([]);
  });

  it('is pending where the monitor has retries', () => {
    const course = new Course({ maxRetries: 1 }).see('up', 'up').one({ found: 'down' }, 1);
    expect(course.statuses.at(-1)).toBe('pending');
  });

  it('ends a silence', () => {
    const course = new Course().see('up', 'up');
    course.state = { ...course.state, silentSince: at(2) };
    course.one({ found: 'up' }, 1);
    expect(course.alerts).toMatchObject([{ kind: 'heard' }]);
    expect(course.state.silentSince).toBeNull();
  });

  it('of the same planned time counts', () => {
    expect(new Course().see('up').one({ found: 'down' }, 1).state.status).toBe(MONITOR_STATUS.down);
  });
});

it('each monitor is judged by its own settings; without any by the defaults', () => {
  const given = new Map([['m', { maxRetries: 1, resendInterval: 0, maintenanceUntil: null }]]);
  const judged = judgeBy(given);
  expect(judged(newState(), result(1, { found: 'down' })).status).toBe('pending');
  expect(judged(newState(), result(1, { found: 'down', monitorId: 'other' })).status).toBe('down');
});
