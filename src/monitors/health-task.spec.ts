import { describe, expect, it } from '@jest/globals';
import { healthTask, readHealthTask, tickId } from './health-task.js';

const settings = {
  type: 'monitor:healthcheck',
  queues: { critical: 'critical', default: 'default', low: 'low' },
  maxRetries: 3,
  timeoutMs: 300_000,
  retentionMs: 3_600_000,
};
const payloadOf = (scheduledAt: number) =>
  healthTask('id', { monitorId: 'm', scheduledAt }, 'low', settings).payload.toString();

describe('a health task', () => {
  it('is the contract’s, in the queue of its priority', () => {
    const at = Date.parse('2025-10-02T10:00:00Z');
    const id = tickId('abc123', at);
    const task = healthTask(id, { monitorId: 'abc123', scheduledAt: at }, 'critical', settings);
    expect(task).toEqual({
      id: 'abc123:1759399200000',
      type: 'monitor:healthcheck',
      payload: Buffer.from('{"monitor_id":"abc123","scheduled_at":"2025-10-02T10:00:00Z"}'),
      queue: 'critical',
      maxRetries: 3,
      timeoutMs: 300_000,
      retentionMs: 3_600_000,
    });
  });

  it.each([0, 1, 999, 59_999, 60_000, 1_759_399_259_007, 1_759_399_200_000, 1_709_164_799_990, -1])(
    'writes %i ms as Date does, without a fraction that is 0',
    (at) => {
      const text = new Date(at).toISOString().replace('.000Z', 'Z');
      expect(payloadOf(at)).toBe(`{"monitor_id":"m","scheduled_at":"${text}"}`);
      expect(readHealthTask(Buffer.from(payloadOf(at)))).toEqual({ monitorId: 'm', scheduledAt: at });
    },
  );

  it.each(['a"b', 'a\\b', 'é', 'a\nb', ' ', '-_9'])('quotes the id %j as JSON does', (monitorId) => {
    const { payload } = healthTask('id', { monitorId, scheduledAt: 0 }, 'low', settings);
    expect(payload.toString()).toBe(
      `{"monitor_id":${JSON.stringify(monitorId)},"scheduled_at":"1970-01-01T00:00:00Z"}`,
    );
    expect(readHealthTask(payload)).toEqual({ monitorId, scheduledAt: 0 });
  });

  it('is read with fields that others added, and with the times that Go writes', () => {
    const payload = '{"monitor_id":"m","scheduled_at":"2025-10-02T12:00:00.123456789+02:00","more":1}';
    expect(readHealthTask(Buffer.from(payload))).toEqual({
      monitorId: 'm',
      scheduledAt: Date.parse('2025-10-02T10:00:00.123Z'),
    });
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"monitor_id":"m"}',
    '{"monitor_id":"","scheduled_at":"2025-10-02T10:00:00Z"}',
    '{"monitor_id":1,"scheduled_at":"2025-10-02T10:00:00Z"}',
    '{"monitor_id":"m","scheduled_at":"soon"}',
  ])('is none: %s', (payload) => expect(readHealthTask(Buffer.from(payload))).toBeNull());
});
