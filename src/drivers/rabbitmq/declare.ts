import type { Connection } from './connection.js';
import { declareFailure } from './rabbitmq-error.js';
import { bindingsOf, exchangesOf, queuesOf, type Topology } from './topology.js';

/**
 * Declares all of it; what exists already as planned stays as it is. Each thing comes after those that it refers to.
 * @throws AppError TOPOLOGY_MISMATCH naming what exists with other properties, EXCHANGE_UNAVAILABLE
 */
export async function declare(connection: Connection, topology: Topology): Promise<void> {
  const channel = await connection.channel().catch((error: unknown) => {
    throw declareFailure('The topology', error);
  });
  const step = <T>(what: string, call: Promise<T>): Promise<T> =>
    connection.answered(call).catch((error: unknown) => {
      throw declareFailure(what, error);
    });
  for (const { name, type, options } of exchangesOf(topology))
    await step(`The exchange ${name}`, channel.assertExchange(name, type, options));
  for (const { name, options } of queuesOf(topology))
    await step(`The queue ${name}`, channel.assertQueue(name, options));
  for (const { queue, exchange, key } of bindingsOf(topology))
    await step(`The binding of ${queue}`, channel.bindQueue(queue, exchange, key));
  await step('The topology', channel.close());
}
