import { pino } from 'pino';
import { Registry } from 'prom-client';
import driver from '../../../src/drivers/redis/monitor-events.driver.js';
import type { MonitorEvents } from '../../../src/ports/monitor-events.port.js';
import { driverContext } from '../../support/driver-context.js';

export interface OpenEventsOptions {
  prefix?: string;
  variables?: Record<string, string>;
  metrics?: Registry;
  /** Collects the log's lines, parsed. */
  lines?: Record<string, unknown>[];
}

/** The events as one process has them. */
export async function openEvents(url: string, options: OpenEventsOptions = {}): Promise<MonitorEvents> {
  const { prefix, variables = {}, metrics = new Registry(), lines } = options;
  const named = prefix === undefined ? {} : { REDIS_EVENTS_PREFIX: prefix };
  const read = driver.variables.parse({ REDIS_URL: url, ...named, ...variables });
  const context = { ...(await driverContext()), metrics };
  const write = (line: string) => void lines?.push(JSON.parse(line) as Record<string, unknown>);
  return driver.open(read, lines ? { ...context, logger: pino({ level: 'debug' }, { write }) } : context);
}

/** How many messages about monitors had that result. */
export async function counted(metrics: Registry, result: string): Promise<number> {
  const found = await metrics.getSingleMetric('carillon_monitor_events_total')?.get();
  return found?.values.find(({ labels }) => labels.result === result)?.value ?? 0;
}
