import type { Logger } from 'pino';
import { Audience } from '../../core/audience.js';
import { AppError } from '../../core/errors.js';
import { FailureLog } from '../../core/failure-log.js';
import { MonitorEvents, type MonitorEvent, type MonitorListener } from '../../ports/monitor-events.port.js';
import { checkEvent, type PublishedEvent } from '../monitor-event-message.js';

/** A failure of a listener is over when none has followed for so long. */
const CALM_MS = 60_000;

/** Events within this process: each listener is told after `publish` has returned, so that one that publishes keeps the order. */
export class EmbeddedMonitorEvents extends MonitorEvents {
  readonly driver = 'embedded';
  readonly trouble = null;
  private readonly listeners: Audience<MonitorListener>;
  private readonly failures: FailureLog;
  private closed = false;

  constructor(logger: Logger) {
    super();
    this.failures = new FailureLog(logger, 'A listener to monitor events failed');
    this.listeners = new Audience((error) => this.failures.failed(error));
  }

  publish(event: MonitorEvent): Promise<void> {
    return new Promise((resolve) => {
      const published = checkEvent(event);
      if (this.closed) throw stopping();
      queueMicrotask(() => this.tell(published));
      resolve();
    });
  }

  listen(listener: MonitorListener): () => void {
    if (this.closed) return () => undefined;
    return this.listeners.join(listener, (newcomer) => newcomer.onGap('listening began'));
  }

  ping(): Promise<void> {
    return this.closed ? Promise.reject(stopping()) : Promise.resolve();
  }

  close(): Promise<null> {
    this.closed = true;
    this.listeners.clear();
    return Promise.resolve(null);
  }

  private tell({ event }: PublishedEvent): void {
    this.listeners.tell((listener) => listener.onEvent(event));
    this.failures.calm(CALM_MS);
  }
}

function stopping(): AppError {
  return new AppError('MONITOR_EVENTS_UNAVAILABLE', 'The service is stopping.');
}
