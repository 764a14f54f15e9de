import { ByteBudget } from '../../core/byte-budget.js';
import type { DriverContext } from '../define-driver.js';
import type { BrokerNode } from './address.js';
import type { Connector } from './connector.js';
import { Link } from './link.js';
import { rabbitmqMetrics } from './metrics.js';
import { Publisher } from './publisher.js';
import { RabbitExchange } from './rabbit-exchange.js';
import type { RabbitmqOptions } from './rabbitmq.variables.js';
import { Sender } from './sender.js';

/** Puts the exchange together and begins to connect. */
export function openExchange(
  connect: Connector,
  nodes: readonly BrokerNode[],
  options: RabbitmqOptions,
  { gateway, logger, metrics: registry }: DriverContext,
): RabbitExchange {
  const metrics = rabbitmqMetrics(registry, () =>
    [publishing, consuming].map(({ name, connection }) => ({
      name,
      connected: connection !== null,
      blocked: Boolean(connection?.blocked),
    })),
  );
  const link = (name: string) =>
    new Link({ name, nodes, connect, logger, onConnected: () => metrics.connected(name) });
  const [publishing, consuming] = [link('publishing'), link('consuming')];
  const sender = new Sender(publishing, gateway.produceTimeoutMs);
  const publisher = new Publisher({
    sender,
    budget: new ByteBudget(options.RABBITMQ_BUFFER_BYTES),
    onPublished: (code) => metrics.published(code),
  });
  publishing.start();
  consuming.start();
  return new RabbitExchange({
    publishing,
    consuming,
    sender,
    publisher,
    deliveryLimit: options.RABBITMQ_DELIVERY_LIMIT,
    timeoutMs: gateway.produceTimeoutMs,
    logger,
  });
}
