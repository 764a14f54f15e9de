import { prepareTask, type EnqueueTask } from './enqueue-task.js';
import { uniqueKey } from './keys.js';

const NOW = 1_763_750_000_500;
const task = (more: Partial<EnqueueTask> = {}): EnqueueTask => ({
  type: 't',
  queue: 'q',
  payload: Buffer.from('{}'),
  ...more,
});
const prepared = (more: Partial<EnqueueTask>) => prepareTask(task(more), 0, NOW);

describe('a task to enqueue', () => {
  it('has the defaults of Asynq, and an id of its own', () => {
    const { message, processAt, lockSeconds } = prepared({});
    expect(message).toMatchObject({
      type: 't',
      queue: 'q',
      retry: 25,
      timeout: 1800,
      deadline: 0,
      retention: 0,
    });
    expect(message).toMatchObject({ uniqueKey: '', headers: {}, retried: 0 });
    expect(message.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(prepared({}).message.id).not.toBe(message.id);
    expect([processAt, lockSeconds]).toEqual([0, 0]);
  });

  it('is never without timeout and deadline', () => {
    expect(prepared({ timeoutMs: 0 }).message).toMatchObject({ timeout: 1800, deadline: 0 });
    expect(prepared({ deadlineAt: 5_000 }).message).toMatchObject({ timeout: 0, deadline: 5 });
  });

  it('keeps whole seconds, rounded up', () => {
    const times = { timeoutMs: 1, deadlineAt: NOW, retentionMs: 1_001 };
    expect(prepared(times).message).toMatchObject({ timeout: 1, deadline: 1_763_750_001, retention: 2 });
    expect(prepared({ processAt: NOW + 1 }).processAt).toBe(1_763_750_001);
  });

  it('runs now where its time is over', () => {
    expect(prepared({ processAt: NOW }).processAt).toBe(0);
    expect(prepared({ processAt: 0 }).processAt).toBe(0);
  });

  it('locks its type and payload, counted from when it is processed', () => {
    const { message, lockSeconds } = prepared({ uniqueForMs: 1_500 });
    expect(lockSeconds).toBe(2);
    expect(message.uniqueKey).toBe(uniqueKey('q', 't', Buffer.from('{}')));
    expect(message.uniqueKey).toBe('asynq:{q}:unique:t:99914b932bd37a50b983c5e7c90ae93b');
    expect(prepared({ uniqueForMs: 10_000, processAt: NOW + 60_000 }).lockSeconds).toBe(70);
  });

  it.each<[string, Partial<Record<keyof EnqueueTask, unknown>>, RegExp]>([
    ['an empty type', { type: '' }, /tasks\[0\]\.type must not be empty/],
    ['a blank queue', { queue: ' ' }, /tasks\[0\]\.queue must not be empty/],
    ['half a pair in the id', { id: 'a\ud800' }, /\.id must be well-formed Unicode/],
    ['an id that is a number', { id: 5 }, /\.id must be a text/],
    ['an id that is too long', { id: 'ü'.repeat(2049) }, /\.id is too long; write 4096 bytes at most/],
    ['a payload that is a text', { payload: 'x' }, /\.payload must be a Buffer/],
    [
      'a payload too large',
      { payload: Buffer.alloc(2 ** 24 + 1) },
      /\.payload is 16777217 bytes; write 16777216/,
    ],
    ['half a retry', { maxRetries: 0.5 }, /\.maxRetries must be a whole number/],
    ['negative retries', { maxRetries: -1 }, /\.maxRetries must be a whole number from 0/],
    ['too many retries', { maxRetries: 2 ** 31 }, /\.maxRetries/],
    ['a negative timeout', { timeoutMs: -1 }, /\.timeoutMs must be a number of milliseconds from 0/],
    ['no number', { deadlineAt: NaN }, /\.deadlineAt must/],
    ['endless retention', { retentionMs: Infinity }, /\.retentionMs must/],
    ['a time before 1970', { processAt: -5 }, /\.processAt must/],
    ['a text as time', { uniqueForMs: '5' }, /\.uniqueForMs must/],
    ['a header that is a number', { headers: { a: 5 } }, /\.headers must have texts/],
    ['half a pair in a header', { headers: { '\udc00': '' } }, /\.headers must have texts/],
    ['headers too large', { headers: { a: 'x'.repeat(65_536) } }, /\.headers are 65537 bytes/],
  ])('refuses %s', (_, more, message) => {
    expect(() => prepared(more as Partial<EnqueueTask>)).toThrow(message);
    expect(() => prepared(more as Partial<EnqueueTask>)).toThrow(
      expect.objectContaining({ name: 'InvalidInputError' }),
    );
  });

  it('takes names and payloads at their bounds', () => {
    expect(prepared({ id: 'ü'.repeat(2048) }).message.id).toHaveLength(2048);
    expect(prepared({ payload: Buffer.alloc(0) }).message.payload).toHaveLength(0);
  });
});
