// The floor: a Fastify that parses a request, checks it by a schema and answers. No Kafka.
//   node bench/peers/http/bare-fastify.mjs
import { createRequire } from 'node:module';

const fastify = createRequire(import.meta.resolve('@nestjs/platform-fastify'))('fastify');

const record = {
  type: 'object',
  required: ['topic', 'message'],
  properties: {
    topic: { type: 'string' },
    key: { type: ['string', 'null'] },
    message: { type: 'object', additionalProperties: true },
    partition: { type: ['integer', 'null'] },
  },
};
const written = {
  type: 'object',
  properties: {
    success: { type: 'boolean' },
    message: { type: 'string' },
    topic: { type: 'string' },
    partition: { type: 'integer' },
    offset: { type: 'integer' },
    timestamp: { type: 'string' },
  },
};
const answer = (topic) => ({
  success: true,
  message: 'Message sent successfully',
  topic,
  partition: 0,
  offset: 0,
  timestamp: new Date().toISOString(),
});

const app = fastify({ bodyLimit: 16 * 1024 * 1024 });
app.post('/produce', { schema: { body: record, response: { 200: written } } }, async ({ body }) =>
  answer(body.topic),
);
app.post('/produce/batch', { schema: { body: { type: 'array', items: record } } }, async ({ body }) => ({
  success: true,
  messages_sent: body.length,
  results: body.map(({ topic }) => answer(topic)),
}));
const url = await app.listen({ port: 0, host: '127.0.0.1' });
console.log(`listens on ${url}`);
process.on('SIGTERM', () => process.exit(0));
