import { describe, expect, it } from '@jest/globals';
import { retentionMistakes } from './retention-mistake.js';
import { readScheduler, type SchedulerSettings } from './scheduler-settings.js';

const mistakes = (
  env: Record<string, string>,
  drivers: { options: Record<string, unknown> }[],
  part = 'scheduler',
) =>
  retentionMistakes({
    parts: [part],
    settings: { scheduler: readScheduler(env, []) as SchedulerSettings },
    drivers,
  });
const redis = [{ options: { REDIS_HOST: 'redis' } }, { options: { LEADER_TTL_MS: 10_000 } }];

describe('the retention of tasks', () => {
  it('is long enough by default', () => {
    expect(mistakes({}, redis)).toEqual([]);
  });

  it.each([
    ['310', undefined],
    ['309', 'TASK_RETENTION_S must be at least 310'],
  ])('of %s s must outlast the window and the lease', (TASK_RETENTION_S, expected) => {
    const [mistake] = mistakes({ TASK_RETENTION_S }, redis);
    if (expected === undefined) expect(mistake).toBeUndefined();
    else expect(mistake).toContain(expected);
  });

  it('need not outlast a lease that never ends', () => {
    expect(mistakes({ TASK_RETENTION_S: '300' }, [])).toEqual([]);
    expect(mistakes({ TASK_RETENTION_S: '299' }, [])).toHaveLength(1);
  });

  it('is nothing to a process without a scheduler', () => {
    expect(mistakes({ TASK_RETENTION_S: '1' }, redis, 'worker')).toEqual([]);
  });
});
