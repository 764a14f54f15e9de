import type { Channel, ConsumeMessage } from 'amqplib';
import { systemClock } from '../../core/clock.js';
import { withDeadline } from '../../core/with-deadline.js';
import type { Connection } from './connection.js';
import { unavailable } from './rabbitmq-error.js';

/** The bound of one look; RabbitMQ's own for unsettled deliveries is 65,535. */
export const MOST_LETTERS = 50_000;
/** Letters that were counted and do not come are in another process's hands. */
const QUIET_MS = 1000;
/** So long the broker may take to have letters back in their place. */
const RETURN_MS = 2000;
const LOOK_EVERY_MS = 5;

export interface ScanResult {
  /** Letters that lay there. */
  total: number;
  /** Whether each of them was seen. */
  isWhole: boolean;
}

export interface Scan {
  queue: string;
  /** Letters in hand at once; those that are not taken stay in hand to the end. */
  window: number;
  /** Monotonic, milliseconds. */
  deadline: number;
  /** For each letter in turn; false ends the scan. `take` removes a letter for good. */
  visit: (message: ConsumeMessage, take: () => void) => boolean;
  /** What `visit` began, and is still under way. */
  underWay?: Set<Promise<void>>;
}

/** Looks at dead letters; those that were not taken are back in their queue when it resolves. @throws what amqplib throws */
export async function scan(connection: Connection, request: Scan): Promise<ScanResult> {
  const channel = await connection.channel();
  let taken = 0;
  const { messageCount } = await connection.answered(channel.checkQueue(request.queue));
  const expected = Math.min(messageCount, MOST_LETTERS);
  let seen = 0;
  try {
    if (expected > 0) {
      await connection.answered(channel.prefetch(Math.min(expected, request.window)));
      seen = await look(connection, channel, request, expected, () => (taken += 1));
    }
    for (const work of request.underWay ?? []) await work;
  } finally {
    await connection.answered(channel.close()).catch(() => undefined);
  }
  if (seen > taken) await areBack(connection, request.queue, messageCount - taken);
  return { total: messageCount, isWhole: seen === messageCount };
}

/** Answers how many it saw. */
async function look(
  connection: Connection,
  channel: Channel,
  { queue, visit, deadline, underWay }: Scan,
  expected: number,
  onTaken: () => void,
): Promise<number> {
  let seen = 0;
  let lastAt = performance.now();
  let isOver = false;
  let end = (): void => undefined;
  const over = new Promise<void>((resolve) => (end = resolve));
  const onMessage = (message: ConsumeMessage | null) => {
    if (isOver) return;
    if (message !== null) {
      seen += 1;
      lastAt = performance.now();
      const take = () => {
        onTaken();
        channel.ack(message);
      };
      isOver = !visit(message, take) || seen === expected;
    } else isOver = true;
    if (isOver) end();
  };
  channel.once('close', () => end());
  const { consumerTag } = await connection.answered(channel.consume(queue, onMessage));
  const watch = setInterval(() => {
    const now = performance.now();
    if (underWay?.size) lastAt = now; // more come when those are taken
    if (now > deadline || now - lastAt > QUIET_MS) end();
  }, QUIET_MS / 10);
  await over;
  clearInterval(watch);
  isOver = true;
  await connection.answered(channel.cancel(consumerTag));
  return seen;
}

/** The broker puts them back a moment after the channel is closed; who looks next shall see them. */
async function areBack(connection: Connection, queue: string, expected: number): Promise<void> {
  const channel = await connection.channel();
  const look = async () => {
    while ((await channel.checkQueue(queue)).messageCount < expected) await systemClock.sleep(LOOK_EVERY_MS);
  };
  await withDeadline(look(), RETURN_MS, () => unavailable('late')).catch(() => undefined);
  await connection.answered(channel.close());
}
