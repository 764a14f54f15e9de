import { expect, it } from '@jest/globals';
import { readHealthTask } from '../../../monitors/health-task.js';
import type { Monitor } from '../../../ports/monitor-store.port.js';
import { furtherLook } from './further-look.js';
import { Rhythms } from './rhythm.js';
import { knownTask } from './task-kind.js';

const TICK = 1_700_000_000_000;
const task = {
  type: 'check',
  queues: { critical: 'c', default: 'd', low: 'l' },
  maxRetries: 3,
  timeoutMs: 300_000,
  retentionMs: 3_600_000,
};
const monitor = {
  id: 'm',
  interval: 60,
  cron: null,
  timezone: null,
  retryInterval: 20,
  active: true,
  priority: 'low',
} as Monitor;

function after(id: string, planned: number, at: number, given: Partial<Monitor> = {}, status = 'pending') {
  const known = knownTask(id, { monitorId: 'm', scheduledAt: planned }, at);
  const stored = { status: status as 'pending', at };
  return furtherLook(known, stored, { ...monitor, ...given }, { rhythms: new Rhythms('UTC'), task });
}

it('looks again after the retry interval, in the queue of its priority', () => {
  const look = after(`m:${TICK}`, TICK, TICK + 300)!;
  expect(look).toMatchObject({
    id: `m:retry:${TICK}:${TICK + 20_300}`,
    queue: 'l',
    processAt: TICK + 20_300,
  });
  expect(readHealthTask(look.payload)).toEqual({ monitorId: 'm', scheduledAt: TICK + 20_300 });
});

it('goes on until the next tick of the same row', () => {
  const second = after(`m:retry:${TICK}:${TICK + 20_300}`, TICK + 20_300, TICK + 20_600)!;
  expect(second.id).toBe(`m:retry:${TICK}:${TICK + 40_600}`);
  expect(after(second.id, TICK + 40_600, TICK + 40_900)).toBeNull();
});

it.each([
  ['no retry interval', { retryInterval: 0 }],
  ['one as long as its interval', { retryInterval: 60 }],
  ['a pause', { active: false }],
])('does not with %s', (_, given) => {
  expect(after(`m:${TICK}`, TICK, TICK, given)).toBeNull();
});

it('does not when it is no longer pending, nor after a run-now', () => {
  expect(after(`m:${TICK}`, TICK, TICK, {}, 'down')).toBeNull();
  expect(after('m:now:1', TICK, TICK)).toBeNull();
});
