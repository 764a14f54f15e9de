import { RecordLog } from '../../ports/record-log.port.js';
import { defineDriver } from '../define-driver.js';
import { clientFactory } from './client.js';
import { connectionOptions } from './connection-options.js';
import { kafkaVariables } from './kafka.variables.js';
import { openLog } from './open-log.js';

/** Kafka through kafkajs. Opening does not wait for Kafka: it connects in the background, for ever. */
export default defineDriver({
  name: 'kafka',
  port: RecordLog,
  address: ['KAFKA_BOOTSTRAP_SERVERS'],
  variables: kafkaVariables,
  open: async (options, context) => {
    const config = await connectionOptions(options);
    const { Kafka, logLevel, CompressionTypes } = await import('kafkajs');
    const logger = context.logger.child({ driver: 'kafka' });
    const clients = clientFactory({ Kafka, logLevel }, config, logger);
    const compression = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP }[
      options.KAFKA_COMPRESSION
    ];
    return openLog(clients, options, { ...context, logger }, compression);
  },
});
