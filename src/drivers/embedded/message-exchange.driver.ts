import { MessageExchange } from '../../ports/message-exchange.port.js';
import { defineDriver } from '../define-driver.js';
import { Database } from './database.js';
import { embeddedVariables } from './embedded.variables.js';
import { EmbeddedMessageExchange } from './message-exchange.js';

export default defineDriver({
  name: 'embedded',
  port: MessageExchange,
  address: [],
  variables: embeddedVariables,
  async open(options, context) {
    return new EmbeddedMessageExchange(await Database.open(options, context), {
      maxMessageBytes: options.EMBEDDED_MAX_MESSAGE_BYTES,
      bufferBytes: options.EMBEDDED_BUFFER_BYTES,
      publishTimeoutMs: context.gateway.produceTimeoutMs,
      readTimeoutMs: context.gateway.readTimeoutMs,
      logger: context.logger,
      metrics: context.metrics,
    });
  },
});
