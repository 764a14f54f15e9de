import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { AppError } from '../../../core/errors.js';
import { FailureLog } from '../../../core/failure-log.js';
import { withDeadline } from '../../../core/with-deadline.js';
import { MonitorEvents, type MonitorEvent } from '../../../ports/monitor-events.port.js';
import type { Monitor } from '../../../ports/monitor-store.port.js';
import { LOGGER } from '../../../process/tokens.js';
import { ApiMetrics } from './api.metrics.js';
import { monitorEventView } from './monitor.view.js';

/** An edit is answered no later for an event: the syncs of who listens find what no event told. */
const PUBLISH_MS = 1000;

export type Written = 'monitor.created' | 'monitor.updated';

/** Tells the others what was written. Never fails. */
@Injectable()
export class Announcer {
  private readonly failures: FailureLog;

  constructor(
    private readonly events: MonitorEvents,
    private readonly metrics: ApiMetrics,
    @Inject(LOGGER) logger: Logger,
  ) {
    const what = 'Edits of monitors cannot be told by events, so others find them at their next sync';
    this.failures = new FailureLog(logger, what, Date.now, 'warn');
  }

  written(type: Written, monitor: Monitor): Promise<boolean> {
    return this.tell([eventOf(type, monitor)]);
  }

  deleted(id: string): Promise<boolean> {
    return this.tell([{ type: 'monitor.deleted', id }]);
  }

  /** False when not all could be told; they are counted. */
  async tell(events: readonly MonitorEvent[]): Promise<boolean> {
    if (events.length === 0) return true;
    const told = await Promise.allSettled(
      events.map((event) => withDeadline(this.events.publish(event), PUBLISH_MS, late)),
    );
    const failed = told.filter((each) => each.status === 'rejected');
    if (failed.length === 0) {
      this.failures.succeeded();
      return true;
    }
    this.metrics.unsent.inc(failed.length);
    this.failures.failed(failed[0]?.reason);
    return false;
  }

  /** Counts what is not even tried. */
  leftUntold(events: number): void {
    this.metrics.unsent.inc(events);
  }
}

export function eventOf(type: Written, monitor: Monitor): MonitorEvent {
  return { type, monitor: monitorEventView(monitor) };
}

function late(): AppError {
  return new AppError('MONITOR_EVENTS_UNAVAILABLE', `It took more than ${PUBLISH_MS} ms.`);
}
