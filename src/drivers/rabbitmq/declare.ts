import type { Channel } from 'amqplib';
import type { Connection } from './connection.js';
import { declareFailure } from './rabbitmq-error.js';
import type { QueuePlan, Topology } from './topology.js';

/**
 * Declares all of it; what exists already as planned stays as it is. Each thing comes after those that it refers to.
 * @throws AppError TOPOLOGY_MISMATCH naming what exists with other properties, EXCHANGE_UNAVAILABLE
 */
export async function declare(connection: Connection, topology: Topology): Promise<void> {
  const { exchange, bindings, main, returns, dlx, dead, delays } = topology;
  const channel = await connection.channel().catch((error: unknown) => {
    throw declareFailure('The topology', error);
  });
  const step = <T>(what: string, call: Promise<T>): Promise<T> =>
    connection.answered(call).catch((error: unknown) => {
      throw declareFailure(what, error);
    });
  await step(`The exchange ${exchange}`, channel.assertExchange(exchange, 'topic', { durable: true }));
  await step(`The exchange ${dlx}`, channel.assertExchange(dlx, 'fanout', { durable: true }));
  for (const queue of new Set([dead, returns, main, ...delays.values()]))
    await step(`The queue ${queue.name}`, assertQueue(channel, queue));
  await step(`The queue ${dead.name}`, channel.bindQueue(dead.name, dlx, ''));
  for (const binding of bindings)
    await step(`The binding of ${main.name}`, channel.bindQueue(main.name, exchange, binding));
  await step('The topology', channel.close());
}

function assertQueue(channel: Channel, { name, options }: QueuePlan) {
  return channel.assertQueue(name, options);
}
