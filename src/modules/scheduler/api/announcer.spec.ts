import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { AppError } from '../../../core/errors.js';
import { MonitorEvents, type MonitorEvent } from '../../../ports/monitor-events.port.js';
import { Announcer } from './announcer.js';
import { ApiMetrics } from './api.metrics.js';

/** Fails, or never answers, for these ids. */
class FailingEvents extends MonitorEvents {
  readonly driver = 'test';
  readonly trouble = null;
  readonly told: MonitorEvent[] = [];

  publish(event: MonitorEvent): Promise<void> {
    if (event.type !== 'monitor.deleted') return Promise.reject(new Error('not expected'));
    if (event.id === 'hangs') return new Promise(() => undefined);
    if (event.id === 'fails')
      return Promise.reject(new AppError('MONITOR_EVENTS_UNAVAILABLE', 'Redis is away.'));
    this.told.push(event);
    return Promise.resolve();
  }

  listen(): () => void {
    return () => undefined;
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<null> {
    return Promise.resolve(null);
  }
}

describe('an edit that cannot be told', () => {
  it('is none that failed: it is counted, and said once, when it begins and when it is over', async () => {
    const lines: string[] = [];
    const logger = pino(
      {},
      { write: (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg) },
    );
    const metrics = new ApiMetrics(new Registry());
    const events = new FailingEvents();
    const announcer = new Announcer(events, metrics, logger);
    for (const id of ['fails', 'fails', 'hangs']) expect(await announcer.deleted(id)).toBe(false);
    expect((await metrics.unsent.get()).values[0]?.value).toBe(3);
    expect(lines).toEqual([expect.stringContaining('Redis is away.')]);
    expect(await announcer.deleted('good')).toBe(true);
    expect(lines.slice(1)).toEqual([expect.stringContaining('over after')]);
    const mixed = ['good', 'fails', 'good'].map((id) => ({ type: 'monitor.deleted' as const, id }));
    expect(await announcer.tell(mixed)).toBe(false);
    expect(events.told).toHaveLength(3);
    expect((await metrics.unsent.get()).values[0]?.value).toBe(4);
  });
});
