import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import type { GatewaySettings } from '../../../src/config/gateway-settings.js';
import rabbitmqDriver from '../../../src/drivers/rabbitmq/message-exchange.driver.js';
import type { MessageExchange } from '../../../src/ports/message-exchange.port.js';
import { driverContext } from '../../support/driver-context.js';

export interface OpenRabbitmqOptions {
  variables?: Record<string, string>;
  gateway?: Partial<GatewaySettings>;
  /** Collects the log's lines, parsed. */
  lines?: Record<string, unknown>[];
}

/** The driver's exchange on this broker, with variables as one would write them. */
export async function openRabbitmq(url: string, options: OpenRabbitmqOptions = {}): Promise<MessageExchange> {
  const { variables = {}, gateway = {}, lines } = options;
  const read = rabbitmqDriver.variables.parse({ RABBITMQ_URL: url, ...variables });
  const context = await driverContext(gateway);
  if (lines) {
    const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
    return rabbitmqDriver.open(read, { ...context, logger: pino({ level: 'debug' }, { write }) });
  }
  return rabbitmqDriver.open(read, context);
}

/** A name for an exchange or a queue that nobody used. */
export function unusedName(): string {
  return `test.${randomUUID().slice(0, 13)}`;
}

/** The texts of the lines that are errors. */
export function errorsIn(lines: readonly Record<string, unknown>[]): string[] {
  return lines.filter(({ level }) => Number(level) >= 50).map(({ msg }) => String(msg));
}
