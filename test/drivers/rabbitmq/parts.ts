import { connect } from 'amqplib';
import { pino } from 'pino';
import { readNodes } from '../../../src/drivers/rabbitmq/address.js';
import { connector } from '../../../src/drivers/rabbitmq/connector.js';
import { Link } from '../../../src/drivers/rabbitmq/link.js';
import { Sender } from '../../../src/drivers/rabbitmq/sender.js';

/** A connection and a sender of the driver's, for tests that set its inner bounds. */
export async function openParts(url: string, timeoutMs = 15_000) {
  const nodes = readNodes(url);
  if (typeof nodes === 'string') throw new Error(nodes);
  const logger = pino({ level: process.env.TEST_LOG ?? 'silent' });
  const settings = { nodes, tls: {}, connectTimeoutMs: 5000, heartbeatS: 10 };
  const link = new Link({
    name: 'test',
    nodes,
    connect: connector(connect, settings),
    logger,
    onConnected: () => undefined,
  });
  link.start();
  await link.inUse(10_000);
  return { link, sender: new Sender(link, timeoutMs), logger, close: () => link.close(5000) };
}

export type Parts = Awaited<ReturnType<typeof openParts>>;
