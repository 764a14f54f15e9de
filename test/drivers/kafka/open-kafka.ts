import { pino } from 'pino';
import type { GatewaySettings } from '../../../src/config/gateway-settings.js';
import kafkaDriver from '../../../src/drivers/kafka/record-log.driver.js';
import type { RecordLog } from '../../../src/ports/record-log.port.js';
import { driverContext } from '../../support/driver-context.js';

export interface OpenKafkaOptions {
  variables?: Record<string, string>;
  gateway?: Partial<GatewaySettings>;
  /** Collects the log's lines, parsed. */
  lines?: Record<string, unknown>[];
}

/** The driver's log on these brokers, with variables as one would write them. */
export async function openKafka(
  brokers: readonly string[],
  options: OpenKafkaOptions = {},
): Promise<RecordLog> {
  const { variables = {}, gateway = {}, lines } = options;
  const read = kafkaDriver.variables.parse({ KAFKA_BOOTSTRAP_SERVERS: brokers.join(','), ...variables });
  const context = await driverContext(gateway);
  if (lines) {
    const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
    return kafkaDriver.open(read, { ...context, logger: pino({ level: 'debug' }, { write }) });
  }
  return kafkaDriver.open(read, context);
}
