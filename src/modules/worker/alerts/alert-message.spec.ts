import { expect, it } from '@jest/globals';
import type { Alert, Monitor } from '../../../ports/monitor-store.port.js';
import { alertType, sendableOf } from './alert-message.js';

const alert: Alert = {
  id: 'alert-1',
  kind: 'status',
  monitorId: 'm-1',
  from: 'up',
  to: 'down',
  at: Date.parse('2026-01-31T12:00:00Z'),
  latencyMs: 12,
  message: 'refuses the connection',
  attempts: 3,
};
const monitor = {
  id: 'm-1',
  name: 'Shop',
  type: 'http',
  tags: ['web'],
  config: { url: 'https://user:secret@example.org' },
} as unknown as Monitor;

it('is the documented JSON, without the config', () => {
  const { id, monitorId, body } = sendableOf(alert, monitor);
  expect([id, monitorId]).toEqual(['alert-1', 'm-1']);
  expect(JSON.parse(body)).toEqual({
    type: 'monitor.down',
    timestamp: '2026-01-31T12:00:00.000Z',
    data: {
      monitor: { id: 'm-1', name: 'Shop', type: 'http', tags: ['web'] },
      from: 'up',
      to: 'down',
      message: 'refuses the connection',
      latency_ms: 12,
      at: '2026-01-31T12:00:00.000Z',
    },
  });
});

it.each([
  ['status', 'up', 'monitor.up'],
  ['status', 'maintenance', 'monitor.maintenance'],
  ['reminder', 'down', 'monitor.reminder'],
  ['silent', null, 'monitor.silent'],
  ['heard', 'up', 'monitor.heard'],
] as const)('%s to %s is %s', (kind, to, type) => {
  expect(alertType({ kind, to })).toBe(type);
});
