import { decodeMessage, newMessage, type TaskMessage } from '../codec.js';
import type { Verdict } from './options.js';
import { writeOf } from './verdict.js';

const NOW = 1_700_000_000_500;
const context = { now: NOW, retryDelayMs: (failures: number) => failures * 1_000 };

function message(changes: Partial<TaskMessage> = {}): TaskMessage {
  return { ...newMessage(), id: 'a', type: 'work', queue: 'q', retry: 3, retried: 1, ...changes };
}

const write = (verdict: Verdict, changes?: Partial<TaskMessage>) =>
  writeOf(message(changes), verdict, context);

describe('what a verdict writes', () => {
  it('forgets a task without retention, its result too', () => {
    const done = write({ kind: 'done', result: Buffer.from('x') });
    expect(done).toMatchObject({ verdict: 'done', outcome: 'done', result: Buffer.alloc(0) });
  });

  it('completes one with retention', () => {
    const done = write({ kind: 'done', result: Buffer.from('x') }, { retention: 60, uniqueKey: 'lock' });
    expect(done).toMatchObject({
      verdict: 'complete',
      number: 60,
      uniqueKey: 'lock',
      result: Buffer.from('x'),
    });
    expect(decodeMessage(done.msg)).toMatchObject({ retried: 1, completedAt: 1_700_000_000 });
  });

  it('counts a failure, which knows its number, and keeps its text', () => {
    const again = write({ kind: 'retry', message: 'no luck' });
    expect(again).toMatchObject({ verdict: 'retry', number: 2, outcome: 'retried', message: 'no luck' });
    expect(decodeMessage(again.msg)).toMatchObject({
      retried: 2,
      errorMsg: 'no luck',
      lastFailedAt: 1_700_000_000,
    });
    expect(write({ kind: 'retry', message: '', delayMs: 250 }).number).toBe(0.25);
  });

  it('archives when no retry is left, but not what does not count', () => {
    const last = write({ kind: 'retry', message: 'no luck' }, { retried: 3 });
    expect(last).toMatchObject({ verdict: 'archive', outcome: 'archived' });
    expect(decodeMessage(last.msg).retried).toBe(3);
    const later = write({ kind: 'retry', message: 'later', countsAsFailure: false }, { retried: 3 });
    expect(later).toMatchObject({ verdict: 'postpone', outcome: 'postponed' });
    expect(decodeMessage(later.msg).retried).toBe(3);
  });

  it('bounds a failure’s text and keeps it writable', () => {
    const text = write({ kind: 'archive', message: `\ud800${'x'.repeat(5_000)}` }).message;
    expect(text).toHaveLength(2_000);
    expect(text.isWellFormed()).toBe(true);
  });

  it('lives with delays that are none', () => {
    expect(write({ kind: 'retry', message: '', delayMs: NaN }).number).toBe(60);
    expect(write({ kind: 'retry', message: '', delayMs: -5 }).number).toBe(0);
    expect(write({ kind: 'retry', message: '', delayMs: Infinity }).number).toBe(2 ** 31);
    const retryDelayMs = () => {
      throw new Error('a bug');
    };
    expect(writeOf(message(), { kind: 'retry', message: '' }, { now: NOW, retryDelayMs }).number).toBe(60);
  });
});
