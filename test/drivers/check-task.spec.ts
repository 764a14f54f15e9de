import { describe, expect, it } from '@jest/globals';
import { prepareTask } from '../../src/asynq/enqueue-task.js';
import { checkTasks } from '../../src/drivers/check-task.js';
import type { NewTask } from '../../src/ports/task-queue.port.js';
import { task } from '../contracts/task-queue.support.js';

const LAST_MS = 8.64e15;
const throws = (act: () => void): boolean => {
  try {
    act();
    return false;
  } catch {
    return true;
  }
};

describe('the bounds of a task', () => {
  it.each<[what: string, most: Partial<NewTask>, more: Partial<NewTask>]>([
    ['id', { id: 'ü'.repeat(2_048) }, { id: `x${'ü'.repeat(2_048)}` }],
    ['type', { type: 'ü'.repeat(2_048) }, { type: `x${'ü'.repeat(2_048)}` }],
    ['queue', { queue: 'ü'.repeat(2_048) }, { queue: `x${'ü'.repeat(2_048)}` }],
    ['payload', { payload: Buffer.alloc(2 ** 24) }, { payload: Buffer.alloc(2 ** 24 + 1) }],
    ['maxRetries', { maxRetries: 2 ** 31 - 1 }, { maxRetries: 2 ** 31 }],
    ['timeoutMs', { timeoutMs: LAST_MS }, { timeoutMs: LAST_MS + 1 }],
    ['retentionMs', { retentionMs: LAST_MS }, { retentionMs: LAST_MS + 1 }],
    ['deadlineAt', { deadlineAt: LAST_MS }, { deadlineAt: LAST_MS + 1 }],
    ['processAt', { processAt: LAST_MS }, { processAt: LAST_MS + 1 }],
    ['uniqueForMs', { uniqueForMs: LAST_MS }, { uniqueForMs: LAST_MS + 1 }],
    ['headers', { headers: { ab: 'x'.repeat(65_534) } }, { headers: { ab: 'x'.repeat(65_535) } }],
  ])('are the same for its %s here and in the protocol library', (_what, most, more) => {
    const verdicts = (fields: Partial<NewTask>): boolean[] => {
      const one = task('q', fields);
      return [throws(() => checkTasks([one])), throws(() => prepareTask(one, 0, Date.now()))];
    };
    expect(verdicts(most)).toEqual([false, false]);
    expect(verdicts(more)).toEqual([true, true]);
  });
});
