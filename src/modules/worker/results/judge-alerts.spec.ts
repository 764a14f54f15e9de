import { describe, expect, it } from '@jest/globals';
import { at, Course, type Look } from '../../../../test/support/judge-course.js';
import { MONITOR_STATUS, newState } from '../../../ports/monitor-store.port.js';

describe('reminders', () => {
  it('come while it stays down, each resend interval, and not without one', () => {
    const downs: Look[] = Array<Look>(7).fill('down');
    const reminded = new Course({ resendInterval: 3 }).see(...downs);
    expect(reminded.alerts.map(({ kind, second }) => [kind, second])).toEqual([
      ['status', 1],
      ['reminder', 4],
      ['reminder', 7],
    ]);
    expect(new Course().see(...downs).alerts).toHaveLength(1);
  });

  it('come neither for up nor for pending', () => {
    const course = new Course({ resendInterval: 1, maxRetries: 9 });
    expect(course.see('up', 'up', 'down', 'down', 'down').alerts).toEqual([]);
  });

  it('count from when it went down where nobody was alerted', () => {
    const course = new Course({ resendInterval: 2 });
    course.state = { ...newState(), status: MONITOR_STATUS.down, since: at(1) };
    expect(course.one({ found: 'down' }, 2).alerts).toEqual([]);
    expect(course.one({ found: 'down' }, 3).alerts).toMatchObject([{ kind: 'reminder' }]);
  });
});

describe('silence', () => {
  const silent = () => {
    const course = new Course().see('up');
    course.state = { ...course.state, silentSince: at(1) };
    return course;
  };

  it.each(['up', 'unknown'] as const)('ends with any result (%s), which is told once', (found) => {
    const { alerts, state } = silent().see(found, found);
    expect(alerts).toEqual([{ kind: 'heard', from: 'up', to: found, second: 2 }]);
    expect(state.silentSince).toBeNull();
  });

  it('that ends with down tells both', () => {
    expect(
      silent()
        .see('down')
        .alerts.map(({ kind }) => kind),
    ).toEqual(['heard', 'status']);
  });
});
