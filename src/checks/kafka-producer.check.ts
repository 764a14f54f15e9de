import { z } from 'zod';
import { closedAfter } from './clients/closed-after.js';
import { hostPort, readHostPort } from './clients/server-url.js';
import { defineCheck } from './define-check.js';
import { produceOnce } from './kafka/produce-once.js';
import { kafkaSockets } from './kafka/sockets.js';
import { stopwatch, up } from './outcomes.js';

const MECHANISMS = ['None', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

const broker = z
  .string()
  .trim()
  .refine((text) => readHostPort(text) !== null, 'must be host:port, such as kafka:9092');

export default defineCheck({
  type: 'kafka-producer',
  describe: 'Produces one record to a topic, acknowledged by all replicas in sync.',
  isolated: () => true,
  schema: z.object({
    brokers: z.array(broker).min(1).max(20).describe('Brokers to ask first, host:port each.'),
    topic: z
      .string()
      .regex(/^[a-zA-Z0-9._-]{1,249}$/, 'must be a name of Kafka: letters, digits, dot, underscore, hyphen')
      .describe('The topic to write to.'),
    message: z.string().min(1).max(100_000).describe('The value of the record.'),
    allow_auto_topic_creation: z.boolean().default(false).describe('Whether the brokers may make the topic.'),
    ssl: z.boolean().default(false).describe('Whether to use TLS.'),
    sasl_options: z
      .object({
        mechanism: z
          .enum(MECHANISMS)
          .default('None')
          .describe(`One of ${MECHANISMS.join(', ')}.`),
        username: z.string().max(255).default('').describe('The user.'),
        password: z.string().max(1_000).default('').describe('The password.'),
      })
      .refine(
        ({ mechanism, username, password }) => mechanism === 'None' || (username !== '' && password !== ''),
        'needs username and password with a mechanism',
      )
      .optional()
      .describe('How to log in.'),
  }),
  target: ({ brokers: [first = ''] }) => {
    const { host, port } = readHostPort(first)!;
    return hostPort(host, port);
  },
  run: async (config, { net, signal, timeoutMs, monitor }) => {
    const sockets = kafkaSockets(net, signal);
    const elapsed = stopwatch();
    return closedAfter(
      signal,
      () => sockets.destroy(),
      async () => {
        const { partition, offset } = await produceOnce(config, {
          clientId: `carillon-monitor-${monitor.id}`,
          timeoutMs,
          socketFactory: sockets.factory,
        }).catch((error: unknown) => {
          throw sockets.trouble() ?? error;
        });
        return up(`Written to ${config.topic}, partition ${partition}, offset ${offset}.`, elapsed());
      },
    );
  },
});
