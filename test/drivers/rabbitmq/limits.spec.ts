import type { MessageExchange } from '../../../src/ports/message-exchange.port.js';
import { DONE, Inbox, message } from '../../contracts/message-exchange.support.js';
import { eventually } from '../../support/eventually.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startPrivateRabbitmq,
  type RabbitmqServer,
} from '../../support/servers/index.js';
import { consuming, subscriptionOf, Tally } from './load.js';
import { openRabbitmq, unusedName } from './open-rabbitmq.js';
import { Raw } from './raw.js';

const MOST_BYTES = 300_000;

describeWithServers(['rabbitmq-private'], 'limits', () => {
  let rabbitmq: RabbitmqServer;
  let raw: Raw;
  const open: MessageExchange[] = [];

  beforeAll(async () => {
    rabbitmq = await startPrivateRabbitmq({ config: { max_message_size: String(MOST_BYTES) } });
    raw = await Raw.connect(rabbitmq.url);
  }, SERVER_START_MS);
  afterEach(async () => void (await Promise.all(open.splice(0).map((exchange) => exchange.close(5000)))));
  afterAll(async () => {
    await raw?.close();
    await rabbitmq?.release();
  });

  const opened = async (variables: Record<string, string> = {}) => {
    const exchange = await openRabbitmq(rabbitmq.url, { variables });
    open.push(exchange);
    return exchange;
  };

  it('refuses a message that the broker or AMQP does not take; the others are not concerned', async () => {
    const exchange = await opened();
    const name = unusedName();
    const inbox = new Inbox(20_000, () => DONE);
    await consuming(exchange.consume(subscriptionOf(name, name), inbox.handle));
    const large = { body: Buffer.alloc(MOST_BYTES + 1) };
    const wide = [
      { headers: { a: 'x'.repeat(70_000) } },
      { headers: { ['k'.repeat(256)]: 'x' } },
      { routingKey: 'k'.repeat(256) },
      { messageId: 'ü'.repeat(128) },
      { contentType: 'x'.repeat(256) },
    ];
    const sent = [{}, ...wide, large, {}, large, {}].map((fields) => message(name, fields));
    const codes = await Promise.all(
      sent.map((one) =>
        exchange.publish(one).then(
          () => 'ok',
          (error: { code: string }) => error.code,
        ),
      ),
    );
    // What stood before the one that is too large on the wire may not have been confirmed yet.
    const refused = 'MESSAGE_TOO_LARGE';
    expect(codes.slice(1)).toEqual([...wide.map(() => refused), refused, 'ok', refused, 'ok']);
    expect(['ok', 'OUTCOME_UNKNOWN']).toContain(codes[0]);
    await inbox.has(2);
    await expect(exchange.publish(message(name, large))).rejects.toMatchObject({ code: refused });
    await exchange.publish(message(name));
  });

  it('takes BUFFER_FULL back as soon as there is room', async () => {
    const exchange = await opened({ RABBITMQ_BUFFER_BYTES: '400000' });
    const name = unusedName();
    await consuming(exchange.consume(subscriptionOf(name, name), () => Promise.resolve(DONE)));
    const body = Buffer.alloc(250_000);
    for (let round = 0; round < 5; round += 1) {
      const first = exchange.publish(message(name, { body }));
      await expect(exchange.publish(message(name, { body }))).rejects.toMatchObject({ code: 'BUFFER_FULL' });
      await first;
    }
  });

  it('tells a queue that is full: 503', async () => {
    const exchange = await opened();
    const name = unusedName();
    await raw.channel.assertExchange(name, 'topic');
    await raw.channel.assertQueue(name, { arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } });
    await raw.channel.bindQueue(name, name, '#');
    await exchange.publish(message(name));
    await expect(exchange.publish(message(name))).rejects.toMatchObject({
      code: 'EXCHANGE_UNAVAILABLE',
      message: expect.stringContaining('full'),
    });
  });

  it('knows which of many equal messages found no queue', async () => {
    const exchange = await opened();
    const name = unusedName();
    const tally = new Inbox(20_000, () => DONE);
    await consuming(exchange.consume(subscriptionOf(name, name, { bindings: ['good.#'] }), tally.handle));
    const sent = Array.from({ length: 500 }, (_, i) =>
      message(name, {
        routingKey: i % 3 ? 'good.one' : 'bad.one',
        messageId: 'same',
        body: Buffer.from('same'),
      }),
    );
    const codes = await Promise.all(
      sent.map((one) =>
        exchange.publish(one).then(
          () => 'ok',
          (error: { code: string }) => error.code,
        ),
      ),
    );
    expect(codes).toEqual(sent.map((_, i) => (i % 3 ? 'ok' : 'UNROUTABLE')));
    await tally.has(333);
  });

  it('brings 20,000 messages through, each once', async () => {
    const exchange = await opened();
    const name = unusedName();
    const tally = new Tally();
    await consuming(exchange.consume(subscriptionOf(name, name, { prefetch: 256 }), tally.handle));
    const ids = Array.from({ length: 20_000 }, (_, i) => `m${i}`);
    const share = async (first: number) => {
      for (let i = first; i < ids.length; i += 64)
        await exchange.publish(message(name, { messageId: ids[i]! }));
    };
    await Promise.all(Array.from({ length: 64 }, (_, i) => share(i)));
    await tally.hasAll(ids);
    expect([...tally.seen.values()].filter(({ times }) => times > 1)).toEqual([]);
    await eventually(async () => expect(await raw.ready(name)).toBe(0));
  }, 90_000);
});
