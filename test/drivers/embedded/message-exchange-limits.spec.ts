import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { pino } from 'pino';
import type { AppError } from '../../../src/core/errors.js';
import type { MessageExchange, Subscription } from '../../../src/ports/message-exchange.port.js';
import { DONE, Inbox, dead, message } from '../../contracts/message-exchange.support.js';
import { driverContext } from '../../support/driver-context.js';
import { eventually } from '../../support/eventually.js';
import { openExchange } from './support/open.js';

const SUBSCRIPTION: Subscription = {
  exchange: 'e',
  queue: 'q',
  bindings: ['#'],
  prefetch: 100,
  retryDelaysMs: [100],
};

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'ok',
    (error: AppError) => error.code,
  );
}

/** A queue with its binding, and nobody who consumes. */
async function declare(exchange: MessageExchange, fields: Partial<Subscription> = {}): Promise<void> {
  const consumer = exchange.consume({ ...SUBSCRIPTION, ...fields }, () => Promise.resolve(DONE));
  await eventually(() => expect(consumer.state).toBe('consuming'));
  await consumer.stop(5_000);
}

function consume(
  exchange: MessageExchange,
  fields: Partial<Subscription> = {},
  ...[answer]: ConstructorParameters<typeof Inbox> extends [number, ...infer Rest] ? Rest : never
) {
  const inbox = new Inbox(10_000, answer);
  return { inbox, consumer: exchange.consume({ ...SUBSCRIPTION, ...fields }, inbox.handle) };
}

describe('the size of a message', () => {
  it('counts body, routing key, ids and headers against EMBEDDED_MAX_MESSAGE_BYTES, to the byte', async () => {
    const { exchange, close } = await openExchange(await driverContext(), {
      EMBEDDED_MAX_MESSAGE_BYTES: '2048',
    });
    await declare(exchange);
    const rest = { routingKey: 'ü', messageId: 'id', contentType: 'text/plain', headers: { a: 'ü' } };
    const others = 2 + 2 + 10 + Buffer.byteLength('{"a":"ü"}');
    await exchange.publish(message('e', { ...rest, body: Buffer.alloc(2048 - others) }));
    const over = message('e', { ...rest, body: Buffer.alloc(2049 - others) });
    await expect(exchange.publish(over)).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
      message: expect.stringContaining('EMBEDDED_MAX_MESSAGE_BYTES'),
    });
    await close();
  });
});

describe('what the queues hold', () => {
  it('is bounded by EMBEDDED_MAX_MESSAGES, dead letters included, over restarts too', async () => {
    const context = await driverContext();
    const environment = { EMBEDDED_MAX_MESSAGES: '10' };
    const first = await openExchange(context, environment);
    await declare(first.exchange);
    const publish = (exchange: MessageExchange) => codeOf(exchange.publish(message('e')));
    const codes = await Promise.all(Array.from({ length: 14 }, () => publish(first.exchange)));
    expect(codes.filter((code) => code === 'ok')).toHaveLength(10);
    expect(new Set(codes.slice(10))).toEqual(new Set(['BUFFER_FULL']));
    await first.close();

    const { exchange, database, close } = await openExchange(context, environment);
    expect(await publish(exchange)).toBe('BUFFER_FULL');
    const { inbox, consumer } = consume(exchange, {}, (delivery, nth) => (nth <= 4 ? dead(delivery) : DONE));
    await inbox.has(10);
    await eventually(async () => expect(await database.ask('count', null)).toBe(4));
    await consumer.stop(5_000);
    const again = await Promise.all(Array.from({ length: 8 }, () => publish(exchange)));
    expect(again.filter((code) => code === 'ok')).toHaveLength(6);
    const { letters } = await consumer.deadLetters.list({ limit: 10, after: null });
    await consumer.deadLetters.discard(letters[0]!.id);
    expect(await publish(exchange)).toBe('ok');
    expect(await publish(exchange)).toBe('BUFFER_FULL');
    // A full file still takes them back: they were counted before.
    expect(await consumer.deadLetters.resend({ ids: null, dryRun: false })).toMatchObject({ more: false });
    expect(await database.ask('count', null)).toBe(10);
    await close();
  });

  it('is all taken or not at all by a message that goes to several queues', async () => {
    const { exchange, database, close } = await openExchange(await driverContext(), {
      EMBEDDED_MAX_MESSAGES: '3',
    });
    for (const queue of ['a', 'b']) await declare(exchange, { queue });
    expect(await codeOf(exchange.publish(message('e')))).toBe('ok');
    expect(await codeOf(exchange.publish(message('e')))).toBe('BUFFER_FULL');
    expect(await database.ask('count', null)).toBe(2);
    await close();
  });

  it('is named in the log when it is too much, once for many refusals', async () => {
    const lines: { msg: string; queues: unknown }[] = [];
    const logger = pino({ level: 'error' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const { exchange, close } = await openExchange(
      { ...(await driverContext()), logger },
      { EMBEDDED_MAX_MESSAGES: '3' },
    );
    await declare(exchange, { queue: 'renamed', bindings: ['a'] });
    const { consumer } = consume(exchange, { bindings: ['a', 'b'] }, dead);
    await eventually(() => expect(consumer.state).toBe('consuming'));
    await exchange.publish(message('e', { routingKey: 'b' }));
    await exchange.publish(message('e', { routingKey: 'a' }));
    for (let i = 0; i < 5; i++)
      expect(await codeOf(exchange.publish(message('e', { routingKey: 'a' })))).toBe('BUFFER_FULL');
    await eventually(() => expect(lines).toHaveLength(1));
    expect(lines[0]!.msg).toContain('renamed (1 messages, 0 dead letters, not consumed here)');
    expect(lines[0]!.queues).toHaveLength(2);
    await close();
    expect(lines).toHaveLength(1);
  });

  it('and what waits for the disk show in the metrics', async () => {
    const context = await driverContext();
    const { exchange, close } = await openExchange(context);
    await declare(exchange);
    await Promise.all([1, 2, 3].map(() => exchange.publish(message('e'))));
    const text = await context.metrics.metrics();
    expect(text).toContain('carillon_embedded_messages 3');
    expect(text).toContain('carillon_embedded_publish_buffer_bytes 0');
    await close();
  });
});

describe('what waits for the disk', () => {
  it('is bounded by EMBEDDED_BUFFER_BYTES', async () => {
    const { exchange, close } = await openExchange(await driverContext(), { EMBEDDED_BUFFER_BYTES: '20000' });
    await declare(exchange);
    const publishing = Array.from({ length: 10 }, () =>
      codeOf(exchange.publish(message('e', { body: Buffer.alloc(5_000) }))),
    );
    const codes = await Promise.all(publishing);
    expect(codes).toEqual([...Array<string>(3).fill('ok'), ...Array<string>(7).fill('BUFFER_FULL')]);
    expect(await codeOf(exchange.publish(message('e', { body: Buffer.alloc(50_000) })))).toBe('ok');
    await close();
  });

  it('has a deadline: what the file has is unknown then, what it has not is not published', async () => {
    const context = await driverContext({ produceTimeoutMs: 300 });
    const { exchange, close } = await openExchange(context);
    await declare(exchange);
    const other = new DatabaseSync(join(context.dataFolder, 'carillon.db'));
    other.exec('BEGIN IMMEDIATE');
    const large = Array.from({ length: 4 }, () =>
      codeOf(exchange.publish(message('e', { body: Buffer.alloc(4 * 1024 * 1024), routingKey: 'large' }))),
    );
    const late = codeOf(exchange.publish(message('e', { routingKey: 'late' })));
    expect(await Promise.all(large)).toEqual([
      'OUTCOME_UNKNOWN',
      'OUTCOME_UNKNOWN',
      'EXCHANGE_UNAVAILABLE',
      'EXCHANGE_UNAVAILABLE',
    ]);
    expect(await late).toBe('EXCHANGE_UNAVAILABLE');
    other.exec('ROLLBACK');
    other.close();
    await eventually(() => exchange.publish(message('e', { routingKey: 'last' })));
    const { inbox, consumer } = consume(exchange);
    await inbox.until(() => expect(inbox.keys).toContain('last'));
    expect(inbox.keys).toEqual(['large', 'large', 'last']);
    await consumer.stop(5_000);
    await close();
  }, 30_000);

  it('is answered at the deadline of close', async () => {
    const context = await driverContext();
    const { exchange, close } = await openExchange(context);
    await declare(exchange);
    const other = new DatabaseSync(join(context.dataFolder, 'carillon.db'));
    other.exec('BEGIN IMMEDIATE');
    const publishing = [codeOf(exchange.publish(message('e'))), codeOf(exchange.publish(message('e')))];
    await new Promise((resolve) => setImmediate(resolve));
    expect(await exchange.close(100)).toBe('2 messages had no outcome yet');
    expect(await Promise.all(publishing)).toEqual(['OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN']);
    other.exec('ROLLBACK');
    other.close();
    await close();
  }, 30_000);
});
