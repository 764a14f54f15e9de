import { AppError } from '../core/errors.js';
import type { MonitorEvent } from '../ports/monitor-events.port.js';

export type MonitorEventType = MonitorEvent['type'];

/** Each has a channel of its own. */
export const MONITOR_EVENT_TYPES: readonly MonitorEventType[] = [
  'monitor.created',
  'monitor.updated',
  'monitor.deleted',
];

/** No monitor is larger; what others publish is read no further. */
export const MOST_MESSAGE_BYTES = 1_048_576;
const LONGEST_ID = 255;

/** Why a message is none of Peekaping's. */
export type Unreadable = 'too_large' | 'not_json' | 'other_type' | 'no_id';

/** What becomes of an event on its way: its text, and what a reader makes of that. */
export interface PublishedEvent {
  text: string;
  event: MonitorEvent;
}

const RULES: Record<Unreadable, string> = {
  too_large: `must be at most ${MOST_MESSAGE_BYTES} bytes as JSON`,
  not_json: 'must be an object that JSON can write',
  other_type: `must have one of the types ${MONITOR_EVENT_TYPES.join(', ')}`,
  no_id: `must have an id of the monitor: a text of 1 to ${LONGEST_ID} characters`,
};

/** An event as it is published: only what every reader can read. @throws AppError VALIDATION_FAILED */
export function checkEvent(event: MonitorEvent): PublishedEvent {
  const text = encoded(event);
  const read = text === null ? 'not_json' : decodeMonitorEvent(event.type, text);
  if (text !== null && typeof read === 'object' && MONITOR_EVENT_TYPES.includes(event.type))
    return { text, event: read };
  const rule = RULES[typeof read === 'string' ? read : 'other_type'];
  throw new AppError('VALIDATION_FAILED', `The event ${rule}.`);
}

/** Null: it has what JSON cannot write, such as a BigInt or itself. */
function encoded(event: MonitorEvent): string | null {
  try {
    return encodeMonitorEvent(event);
  } catch {
    return null;
  }
}

/**
 * As Peekaping writes it (0.x, its pub/sub event bus): `{"type":"monitor.created","payload":{…the monitor}}`, and for
 * `monitor.deleted` the id as the payload.
 */
export function encodeMonitorEvent(event: MonitorEvent): string {
  const payload = event.type === 'monitor.deleted' ? event.id : event.monitor;
  return JSON.stringify({ type: event.type, payload });
}

/** The event that came over the channel of `type`, or why there is none. */
export function decodeMonitorEvent(type: MonitorEventType, text: string): MonitorEvent | Unreadable {
  if (text.length > MOST_MESSAGE_BYTES || Buffer.byteLength(text) > MOST_MESSAGE_BYTES) return 'too_large';
  const message = parsed(text);
  if (!isObject(message)) return 'not_json';
  if (message.type !== type) return 'other_type';
  const { payload } = message;
  if (type === 'monitor.deleted') return isId(payload) ? { type, id: payload } : 'no_id';
  return isMonitor(payload) ? { type, monitor: payload } : 'no_id';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMonitor(value: unknown): value is Record<string, unknown> & { id: string } {
  return isObject(value) && isId(value.id);
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_ID;
}
