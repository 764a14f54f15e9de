import type { TaskView } from '../../../ports/task-queue.port.js';
import { taskHead, taskWhole } from './queues.view.js';

const task = (fields: Partial<TaskView>): TaskView => ({
  id: 'm:1',
  queue: 'default',
  type: 'monitor:healthcheck',
  payload: Buffer.from('{}'),
  headers: {},
  state: 'pending',
  maxRetries: 3,
  retried: 0,
  lastError: null,
  lastFailedAt: null,
  nextAt: null,
  completedAt: null,
  result: null,
  ...fields,
});

describe('a task as it is shown', () => {
  it.each([
    ['bytes', Buffer.from([0xff, 0, 0xc3]), 'base64', '/wDD'],
    ['nothing', Buffer.alloc(0), 'base64', ''],
    ['a JSON text that looks like base64', Buffer.from('"/wDD"'), 'json', '/wDD'],
    ['JSON that is null', Buffer.from('null'), 'json', null],
    ['JSON with a byte that is no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'base64', 'Iv8i'],
  ])('has %s so that nobody takes it for something else', (_, bytes, encoding, shown) => {
    const wanted = { payload: shown, payload_encoding: encoding, payload_bytes: bytes.length };
    expect(taskWhole(task({ payload: bytes }))).toMatchObject(wanted);
    expect(taskHead(task({ payload: bytes }))).toMatchObject(wanted);
    const result = { result: shown, result_encoding: encoding, result_bytes: bytes.length };
    expect(taskWhole(task({ result: bytes }))).toMatchObject(result);
  });

  it('has no result where there is none', () => {
    const none = { result: null, result_encoding: null, result_bytes: null };
    expect(taskWhole(task({}))).toMatchObject(none);
  });

  it.each([
    [4096, 'json'],
    [4097, null],
  ])('has %i bytes in lists as %s, and whole always', (bytes, encoding) => {
    const payload = Buffer.from(`"${'x'.repeat(bytes - 2)}"`);
    const both = task({ payload, result: payload });
    const told = { payload_bytes: bytes, result_bytes: bytes };
    expect(taskHead(both)).toMatchObject({ ...told, payload_encoding: encoding, result_encoding: encoding });
    expect(taskWhole(both)).toMatchObject({ ...told, payload_encoding: 'json', result_encoding: 'json' });
  });

  it('has times as ISO 8601', () => {
    const times = { lastFailedAt: 1_763_750_000_123, nextAt: 1_763_750_001_000, completedAt: 0 };
    expect(taskWhole(task(times))).toMatchObject({
      last_failed_at: '2025-11-21T18:33:20.123Z',
      next_at: '2025-11-21T18:33:21.000Z',
      completed_at: '1970-01-01T00:00:00.000Z',
    });
  });
});
