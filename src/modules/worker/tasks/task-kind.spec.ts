import { expect, it } from '@jest/globals';
import { knownTask, retryId } from './task-kind.js';

const NOW = 1_700_000_000_000;
const health = { monitorId: 'm-1', scheduledAt: NOW - 5_000 };

it.each([
  ['m-1:1699999995000', 'tick', NOW - 5_000],
  ['m-1:now:6f1e', 'now', NOW - 5_000],
  ['m-1:retry:1699999990000:1699999995000', 'retry', 1_699_999_990_000],
  ['m-1:retry:soon', 'tick', NOW - 5_000],
  ['m-2:now:6f1e', 'tick', NOW - 5_000],
  ['a1b2', 'tick', NOW - 5_000],
] as const)('%s is a %s', (id, kind, tickAt) => {
  expect(knownTask(id, health, NOW)).toEqual({ ...health, id, kind, tickAt });
});

it('the id of a further look says which tick it goes back to', () => {
  const id = retryId('m-1', NOW - 9_000, NOW - 5_000);
  expect(knownTask(id, health, NOW)).toMatchObject({ kind: 'retry', tickAt: NOW - 9_000 });
});

it('a planned time far ahead is now: it would make all later results old ones', () => {
  expect(knownTask('x', { ...health, scheduledAt: NOW + 3_600_000 }, NOW).scheduledAt).toBe(NOW);
  expect(knownTask('x', { ...health, scheduledAt: NOW + 1_000 }, NOW).scheduledAt).toBe(NOW + 1_000);
});

it('an id that is longer than a store keeps becomes its hash, the same each time', () => {
  const { id } = knownTask('x'.repeat(500), health, NOW);
  expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(knownTask('x'.repeat(500), health, NOW).id).toBe(id);
  expect(knownTask('x'.repeat(501), health, NOW).id).not.toBe(id);
});
