import { createServer, type Server } from 'node:http';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { MessageExchange } from '../../src/ports/message-exchange.port.js';
import { get, post, startApp, type RunningApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

/** Longer than the sender has connections to one target. */
const MANY = 150;

describe('the http sink alone', () => {
  let app: RunningApp;
  let server: Server;
  const keys: string[] = [];
  afterEach(async () => {
    await app.stop();
    server.closeAllConnections();
    server.close();
  });

  async function start(answerAfterMs: number): Promise<void> {
    keys.length = 0;
    server = createServer((request, response) => {
      request.resume().on('end', () => {
        keys.push(String(request.headers['idempotency-key']));
        void delay(answerAfterMs).then(() => response.writeHead(201).end());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    app = await startApp({
      OUTPUT_FOLDER: await mkdtemp(join(tmpdir(), 'carillon-output-')),
      PROCESSOR_SINKS: 'http',
      PROCESSOR_HTTP_URL: `http://127.0.0.1:${port}/hook`,
      PROCESSOR_HTTP_TIMEOUT_MS: '1500',
      PROCESSOR_ATTEMPTS: '1',
    });
  }
  const deadLetters = async () => (await get(`${app.url}/processor/dead-letters`)).body.total as number;

  it('takes waiting for a free connection for no failure of a target that is slow', async () => {
    await start(500);
    const publishing = Array.from({ length: MANY }, (_, i) =>
      post(`${app.url}/events/expense.created`, `{"n": ${i}}`),
    );
    for (const { status } of await Promise.all(publishing)) expect(status).toBe(200);
    await eventually(() => expect(keys).toHaveLength(MANY), 15_000);
    const metrics = async () => (await get(`${app.url}/metrics`)).text;
    await eventually(async () =>
      expect(await metrics()).toContain(
        `carillon_processor_sink_messages_total{sink="http",code="OK"} ${MANY}`,
      ),
    );
    expect(await deadLetters()).toBe(0);
    expect(new Set(keys).size).toBe(MANY);
  }, 30_000);

  it('sends message ids that no header can hold in another way, the same each time', async () => {
    await start(0);
    const publish = (messageId: string) =>
      app.app.get(MessageExchange).publish({
        exchange: 'expenses_exchange',
        routingKey: 'expense.created',
        body: Buffer.from('{}'),
        messageId,
        contentType: null,
        headers: null,
        timestamp: Date.now(),
      });
    for (const id of ['заказ-0', 'заказ-1', 'a\nb', 'заказ-0', 'plain id']) await publish(id);
    await eventually(() => expect(keys).toHaveLength(5));
    expect([...keys].sort().at(-1)).toBe('plain id');
    expect(new Set(keys).size).toBe(4);
    expect(await deadLetters()).toBe(0);
  });
});
