import { MessageExchange } from '../../ports/message-exchange.port.js';
import { defineDriver } from '../define-driver.js';
import { connectionSettings } from './connection-settings.js';
import { connector } from './connector.js';
import { openExchange } from './open-exchange.js';
import { rabbitmqVariables } from './rabbitmq.variables.js';

/** RabbitMQ through amqplib. Opening does not wait for RabbitMQ: it connects in the background, for ever. */
export default defineDriver({
  name: 'rabbitmq',
  port: MessageExchange,
  address: ['RABBITMQ_URL'],
  variables: rabbitmqVariables,
  open: async (options, context) => {
    const settings = await connectionSettings(options);
    const { connect } = await import('amqplib');
    const logger = context.logger.child({ driver: 'rabbitmq' });
    return openExchange(connector(connect, settings), settings.nodes, options, { ...context, logger });
  },
});
