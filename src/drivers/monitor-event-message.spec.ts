import { describe, expect, it } from '@jest/globals';
import {
  decodeMonitorEvent,
  encodeMonitorEvent,
  MOST_MESSAGE_BYTES,
  type MonitorEventType,
} from './monitor-event-message.js';

const ID = '7a6f0f3e-50a5-4b64-9c5e-0b7c4f1f8d11';

describe('a message about a monitor', () => {
  it('is written byte for byte as Peekaping does', () => {
    expect(encodeMonitorEvent({ type: 'monitor.deleted', id: ID })).toBe(
      `{"type":"monitor.deleted","payload":"${ID}"}`,
    );
    expect(
      encodeMonitorEvent({ type: 'monitor.updated', monitor: { id: ID, name: 'zwölf', interval: 20 } }),
    ).toBe(`{"type":"monitor.updated","payload":{"id":"${ID}","name":"zwölf","interval":20}}`);
  });

  it('is read, with all that it says of the monitor, in any layout', () => {
    const text = ` { "payload" : {"name":"x","id":"${ID}","config":null}, "more":1, "type":"monitor.created" } `;
    expect(decodeMonitorEvent('monitor.created', text)).toEqual({
      type: 'monitor.created',
      monitor: { name: 'x', id: ID, config: null },
    });
    expect(decodeMonitorEvent('monitor.deleted', `{"type":"monitor.deleted","payload":"${ID}"}`)).toEqual({
      type: 'monitor.deleted',
      id: ID,
    });
  });

  it.each<[string, MonitorEventType, string]>([
    ['not_json', 'monitor.created', ''],
    ['not_json', 'monitor.created', '{"type":"monitor.created","payload":{"id":"a"}'],
    ['not_json', 'monitor.created', 'null'],
    ['not_json', 'monitor.created', '[]'],
    ['not_json', 'monitor.created', '['.repeat(500_000)],
    ['other_type', 'monitor.created', '{}'],
    ['other_type', 'monitor.created', '{"type":"monitor.updated","payload":{"id":"a"}}'],
    ['other_type', 'monitor.deleted', '{"type":["monitor.deleted"],"payload":"a"}'],
    ['no_id', 'monitor.created', '{"type":"monitor.created"}'],
    ['no_id', 'monitor.created', '{"type":"monitor.created","payload":"a"}'],
    ['no_id', 'monitor.created', '{"type":"monitor.created","payload":{"id":7}}'],
    ['no_id', 'monitor.updated', '{"type":"monitor.updated","payload":[{"id":"a"}]}'],
    ['no_id', 'monitor.deleted', '{"type":"monitor.deleted","payload":{"id":"a"}}'],
    ['no_id', 'monitor.deleted', '{"type":"monitor.deleted","payload":""}'],
    ['no_id', 'monitor.deleted', `{"type":"monitor.deleted","payload":"${'x'.repeat(256)}"}`],
  ])('is %s: over %s', (reason, type, text) => {
    expect(decodeMonitorEvent(type, text)).toBe(reason);
  });

  it('is read up to its bound in bytes, and no further', () => {
    const around = encodeMonitorEvent({ type: 'monitor.created', monitor: { id: 'a', name: '' } });
    const room = MOST_MESSAGE_BYTES - Buffer.byteLength(around);
    const named = (name: string) =>
      decodeMonitorEvent(
        'monitor.created',
        encodeMonitorEvent({ type: 'monitor.created', monitor: { id: 'a', name } }),
      );
    expect(named('x'.repeat(room))).toMatchObject({ monitor: { id: 'a' } });
    expect(named('x'.repeat(room + 1))).toBe('too_large');
    expect(named('ü'.repeat(Math.ceil((room + 1) / 2)))).toBe('too_large');
  });
});
