import type { Channel } from 'amqplib';
import type { Logger } from 'pino';
import type { Connection } from './connection.js';
import { brokerWords } from './rabbitmq-error.js';
import type { OwnPlan, Topology } from './topology.js';

/** Often enough that a queue which nobody consumes does not expire. */
export function touchEveryMs({ expireMs }: OwnPlan): number {
  return expireMs / 4;
}

/** A queue that nobody consumes lives on by being asked for a message; one that it hands out goes back. @throws what amqplib throws */
export async function touch(connection: Connection, queue: string): Promise<void> {
  const channel = await connection.channel();
  await connection.answered(channel.get(queue));
  await connection.answered(channel.close());
}

/**
 * Ends the queues of a process that stops for good, by `deadline` (monotonic, milliseconds): what has waited goes to
 * the dead letters, what still waits follows when its time is over, and what is lost with the temporary queue is told.
 * Never rejects: left alone, they end with the connection and after a while.
 */
export async function endOwnQueues(
  connection: Connection,
  { main, returns, own }: Topology,
  deadline: number,
  logger: Logger,
): Promise<void> {
  if (!own) return;
  try {
    const channel = await connection.channel();
    const { messageCount } = await connection.answered(channel.deleteQueue(main.name));
    if (messageCount > 0) logger.warn({ queue: main.name, lost: messageCount }, lostWords(messageCount));
    await connection.answered(channel.unbindQueue(returns.name, own.back.name, returns.name));
    const given = await giveUpAll(connection, channel, returns.name, deadline);
    // Until those are safe they are in this queue's care; it expires by itself.
    if (given === 0) await connection.answered(channel.deleteQueue(returns.name));
    await connection.answered(channel.close());
  } catch (error) {
    logger.warn(`The queues of this process could not be deleted (${brokerWords(error)}); they expire.`);
  }
}

function lostWords(count: number): string {
  return `${count} messages that had not been taken yet are lost with the temporary queue. RABBITMQ_QUEUE keeps them.`;
}

/** Answers how many it gave up. */
async function giveUpAll(
  connection: Connection,
  channel: Channel,
  queue: string,
  deadline: number,
): Promise<number> {
  for (let given = 0; ; given += 1) {
    const message = performance.now() < deadline && (await connection.answered(channel.get(queue)));
    if (!message) return given;
    channel.nack(message, false, false);
  }
}
