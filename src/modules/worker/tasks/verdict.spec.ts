import { expect, it } from '@jest/globals';
import { AppError } from '../../../core/errors.js';
import { ForeignTaskError, TaskRefusedError, verdictOf } from './verdict.js';
import { weightsOf } from './weights.js';

it('what can never be done is archived', () => {
  expect(verdictOf(new TaskRefusedError('no health task'))).toEqual({
    kind: 'archive',
    message: 'no health task',
  });
});

it('what another worker may know is tried again, and counts: it ends in the archive', () => {
  expect(verdictOf(new ForeignTaskError('mail'))).toEqual({ kind: 'retry', message: 'mail' });
});

it.each(['MONITOR_STORE_UNAVAILABLE', 'STORAGE_FULL', 'OUTCOME_UNKNOWN', 'BUFFER_FULL'] as const)(
  '%s spares the retries of the task',
  (code) => {
    expect(verdictOf(new AppError(code, 'away.'), () => 0.5)).toEqual({
      kind: 'retry',
      message: `${code}: away.`,
      delayMs: 5_000,
      countsAsFailure: false,
    });
  },
);

it('a fault of ours counts', () => {
  const verdict = verdictOf(new TypeError('x is not a function'));
  expect(verdict).toMatchObject({ kind: 'retry' });
  expect(verdict).not.toHaveProperty('countsAsFailure');
});

it('weights of priorities that share a queue add up', () => {
  const weights = { critical: 6, default: 3, low: 1 };
  expect(weightsOf({ critical: 'c', default: 'd', low: 'l' }, weights)).toEqual({ c: 6, d: 3, l: 1 });
  expect(weightsOf({ critical: 'd', default: 'd', low: 'l' }, weights)).toEqual({ d: 9, l: 1 });
});
