import { setTimeout as delay } from 'node:timers/promises';
import type { MessageExchange } from '../../../src/ports/message-exchange.port.js';
import { DONE, dead, Inbox, message, retry } from '../../contracts/message-exchange.support.js';
import { eventually } from '../../support/eventually.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startPrivateRabbitmq,
  type RabbitmqServer,
} from '../../support/servers/index.js';
import { consuming, Load, subscriptionOf, Tally } from './load.js';
import { errorsIn, openRabbitmq, unusedName } from './open-rabbitmq.js';

/** RabbitMQ 3.10 may forget a quorum queue that it declared so shortly before it was killed: docs/operations.md. */
const FORGETS_WITHIN_MS = 2000;

describeWithServers(['rabbitmq-private'], 'RabbitMQ that is away', () => {
  let rabbitmq: RabbitmqServer;
  let exchange: MessageExchange | undefined;

  beforeAll(async () => {
    rabbitmq = await startPrivateRabbitmq();
  }, SERVER_START_MS);
  afterEach(async () => void (await exchange?.close(2000)));
  afterAll(() => rabbitmq?.release());

  it('is waited for from the start on: 503 within the deadline, then all works', async () => {
    await rabbitmq.stop();
    const lines: Record<string, unknown>[] = [];
    exchange = await openRabbitmq(rabbitmq.url, { gateway: { produceTimeoutMs: 800 }, lines });
    const name = unusedName();
    const inbox = new Inbox(20_000, () => DONE);
    const consumer = exchange.consume(subscriptionOf(name, name), inbox.handle);
    const unavailable = { code: 'EXCHANGE_UNAVAILABLE', retryable: true };
    await expect(exchange.publish(message(name))).rejects.toMatchObject(unavailable);
    await expect(exchange.ping()).rejects.toMatchObject(unavailable);
    await expect(consumer.deadLetters.list({ limit: 1, after: null })).rejects.toMatchObject(unavailable);
    expect(consumer).toMatchObject({ state: 'connecting', trouble: unavailable });
    // One line for each connection, however often it was tried.
    expect(errorsIn(lines)).toEqual(
      ['publishing', 'consuming'].map((use) =>
        expect.stringMatching(`${use}.*refuses connections.*RABBITMQ_URL`),
      ),
    );
    await rabbitmq.start();
    await consuming(consumer);
    // The other connection has its own turn, up to 10 s later.
    await eventually(() => exchange!.ping(), 20_000);
    await exchange.publish(message(name));
    await inbox.has(1);
  }, 60_000);

  it('has what waits published when it comes back within the deadline', async () => {
    exchange = await openRabbitmq(rabbitmq.url, { gateway: { produceTimeoutMs: 40_000 } });
    const name = unusedName();
    const tally = new Tally();
    await consuming(exchange.consume(subscriptionOf(name, name), tally.handle));
    await exchange.publish(message(name, { messageId: 'first' }));
    await rabbitmq.stop();
    const ids = Array.from({ length: 200 }, (_, i) => `waits-${i}`);
    const waiting = ids.map((messageId) => exchange!.publish(message(name, { messageId })));
    await rabbitmq.start();
    await Promise.all(waiting);
    await tally.hasAll(ids);
  }, 60_000);

  it('lets go of what it could not send: the buffer is empty again', async () => {
    exchange = await openRabbitmq(rabbitmq.url, {
      gateway: { produceTimeoutMs: 500 },
      variables: { RABBITMQ_BUFFER_BYTES: '1000000' },
    });
    await rabbitmq.stop();
    const large = () => message(unusedName(), { body: Buffer.alloc(600_000) });
    for (let round = 0; round < 3; round += 1) {
      const waits = exchange.publish(large());
      await expect(exchange.publish(large())).rejects.toMatchObject({ code: 'BUFFER_FULL', retryAfterS: 1 });
      await expect(waits).rejects.toMatchObject({ code: 'EXCHANGE_UNAVAILABLE' });
    }
    await rabbitmq.start();
  }, 60_000);

  it.each<[string, () => Promise<void>]>([
    ['restarted', () => rabbitmq.restart()],
    ['killed', () => rabbitmq.kill().then(() => rabbitmq.start())],
  ])(
    'loses nothing that was confirmed when it is %s in mid-stream',
    async (_how, interrupt) => {
      exchange = await openRabbitmq(rabbitmq.url);
      const name = unusedName();
      const tally = new Tally();
      await consuming(exchange.consume(subscriptionOf(name, name), tally.handle));
      const load = new Load(exchange, name);
      await load.confirmsMore(2000);
      await interrupt();
      await load.confirmsMore(2000);
      await load.stop();
      await tally.hasAll(load.confirmed);
      // What nobody knew of may be there; nothing else came, and what came twice says so.
      const expected = new Set([...load.confirmed, ...load.unknown]);
      expect([...tally.seen.keys()].filter((id) => !expected.has(id))).toEqual([]);
      expect(tally.doubled).toEqual([]);
      expect([...load.refused.keys()]).toEqual([]);
    },
    120_000,
  );

  it('keeps what waits for a retry, and the dead letters, when it is killed', async () => {
    exchange = await openRabbitmq(rabbitmq.url);
    const name = unusedName();
    const inbox = new Inbox(30_000, (delivery) => {
      if (delivery.routingKey === 'dies') return dead(delivery);
      return delivery.progress.failures === 0 ? retry(delivery, 2000) : DONE;
    });
    const subscription = subscriptionOf(name, name, { retryDelaysMs: [2000] });
    const { deadLetters } = await consuming(exchange.consume(subscription, inbox.handle));
    await delay(FORGETS_WITHIN_MS);
    const keys = Array.from({ length: 40 }, (_, i) => (i % 2 ? 'dies' : 'lives'));
    await Promise.all(keys.map((routingKey) => exchange!.publish(message(name, { routingKey }))));
    await inbox.has(40);
    await rabbitmq.kill();
    await rabbitmq.start();
    await eventually(() => {
      const ids = inbox.got
        .filter(({ progress }) => progress.failures === 1)
        .map(({ messageId }) => messageId);
      expect(new Set(ids).size).toBe(20);
    }, 30_000);
    await eventually(async () => {
      const { letters } = await deadLetters.list({ limit: 100, after: null });
      expect(new Set(letters.map(({ messageId }) => messageId)).size).toBe(20);
    }, 30_000);
  }, 60_000);

  it('begins a new temporary queue after it was away', async () => {
    exchange = await openRabbitmq(rabbitmq.url);
    const name = unusedName();
    const inbox = new Inbox(20_000, () => DONE);
    const consumer = await consuming(exchange.consume(subscriptionOf(name, null), inbox.handle));
    await rabbitmq.kill();
    await eventually(() => expect(consumer.state).toBe('connecting'));
    await rabbitmq.start();
    await consuming(consumer);
    await exchange.publish(message(name));
    await inbox.has(1);
  }, 60_000);
});
