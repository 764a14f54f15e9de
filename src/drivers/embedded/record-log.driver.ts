import { RecordLog } from '../../ports/record-log.port.js';
import { defineDriver } from '../define-driver.js';
import { Database } from './database.js';
import { embeddedVariables } from './embedded.variables.js';
import { EmbeddedRecordLog } from './record-log.js';

export default defineDriver({
  name: 'embedded',
  port: RecordLog,
  address: [],
  variables: embeddedVariables,
  async open(options, context) {
    return new EmbeddedRecordLog(await Database.open(options, context), {
      maxRecordBytes: options.EMBEDDED_MAX_RECORD_BYTES,
      bufferBytes: options.EMBEDDED_BUFFER_BYTES,
      produceTimeoutMs: context.gateway.produceTimeoutMs,
      readTimeoutMs: context.gateway.readTimeoutMs,
      logger: context.logger,
      metrics: context.metrics,
    });
  },
});
