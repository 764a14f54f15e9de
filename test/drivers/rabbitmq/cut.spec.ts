import type { MessageExchange } from '../../../src/ports/message-exchange.port.js';
import { dead, DONE, Inbox, message, retry } from '../../contracts/message-exchange.support.js';
import { eventually } from '../../support/eventually.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startRabbitmqBehindToxiproxy,
  type ProxiedRabbitmq,
} from '../../support/servers/index.js';
import { consuming, Load, subscriptionOf, Tally } from './load.js';
import { openRabbitmq, unusedName } from './open-rabbitmq.js';
import { Raw } from './raw.js';

describeWithServers(['rabbitmq', 'toxiproxy'], 'connections that break', () => {
  let rabbitmq: ProxiedRabbitmq;
  let exchange: MessageExchange;

  beforeAll(async () => {
    rabbitmq = await startRabbitmqBehindToxiproxy();
  }, SERVER_START_MS);
  beforeEach(async () => {
    await rabbitmq.proxy.reset();
    exchange = await openRabbitmq(rabbitmq.url, { variables: { RABBITMQ_HEARTBEAT_S: '1' } });
  });
  afterEach(async () => {
    await rabbitmq.proxy.reset();
    await exchange?.close(5000);
  });
  afterAll(() => rabbitmq?.release());

  const cut = async () => {
    await rabbitmq.proxy.disable();
    await rabbitmq.proxy.enable();
  };

  it('lose nothing that was confirmed, and double nothing in silence, cut again and again', async () => {
    const name = unusedName();
    const tally = new Tally(() => new Promise((resolve) => setTimeout(resolve, 2)));
    await consuming(exchange.consume(subscriptionOf(name, name), tally.handle));
    const load = new Load(exchange, name);
    for (let round = 0; round < 8; round += 1) {
      await load.confirmsMore(200);
      await cut();
    }
    await load.confirmsMore(200);
    await load.stop();
    await tally.hasAll(load.confirmed);
    expect(tally.doubled).toEqual([]);
    expect([...load.refused.keys()]).toEqual([]);
    expect(load.unknown.size).toBeGreaterThan(0); // else nothing was in flight at any cut
  }, 120_000);

  it('lose nothing that is to be retried or is dead', async () => {
    const name = unusedName();
    const inbox = new Inbox(60_000, (delivery) => {
      if (delivery.progress.failures < 2) return retry(delivery, 100);
      return delivery.routingKey === 'dies' ? dead(delivery) : DONE;
    });
    const { deadLetters } = await consuming(exchange.consume(subscriptionOf(name, name), inbox.handle));
    const keys = Array.from({ length: 300 }, (_, i) => (i % 3 ? 'lives' : 'dies'));
    const publishing = Promise.all(
      keys.map((routingKey) => exchange.publish(message(name, { routingKey })).catch(() => null)),
    );
    for (const most of [100, 300, 500, 700]) {
      await inbox.has(Math.min(most, 500));
      await cut();
    }
    const known = (await publishing).filter((outcome) => outcome !== null).length;
    expect(known).toBeGreaterThan(0);
    const finished = (key: string) =>
      new Set(
        inbox.got
          .filter(({ routingKey, progress }) => routingKey === key && progress.failures === 2)
          .map(({ messageId }) => messageId),
      );
    const published = new Set(inbox.got.map(({ messageId }) => messageId));
    await eventually(
      () => expect(finished('lives').size + finished('dies').size).toBe(published.size),
      30_000,
    );
    await eventually(async () => {
      const { letters } = await deadLetters.list({ limit: 1000, after: null });
      expect(new Set(letters.map(({ messageId }) => messageId)).size).toBe(finished('dies').size);
    }, 30_000);
  }, 120_000);

  it('lose nothing that waits for a process with a temporary queue', async () => {
    const name = unusedName();
    const inbox = new Inbox(30_000, (delivery) =>
      delivery.progress.failures < 2 ? retry(delivery, 1000) : DONE,
    );
    const consumer = await consuming(exchange.consume(subscriptionOf(name, null), inbox.handle));
    const ids = Array.from({ length: 30 }, (_, i) => `m${i}`);
    await Promise.all(ids.map((messageId) => exchange.publish(message(name, { messageId }))));
    const raw = await Raw.connect(rabbitmq.directUrl);
    const waiting = async () => expect(await raw.ready(`${name}.wait.1000`)).toBe(30);
    await eventually(waiting);
    await cut();
    await eventually(() =>
      expect(inbox.got.filter(({ progress }) => progress.failures === 1).length).toBe(30),
    );
    await eventually(waiting);
    await rabbitmq.proxy.disable();
    await eventually(async () => expect(await raw.ready(`${name}.wait.1000`)).toBe(0));
    await rabbitmq.proxy.enable();
    await raw.close();
    await consuming(consumer);
    const last = () => inbox.got.filter(({ progress }) => progress.failures === 2);
    await eventually(() => expect(last()).toHaveLength(30), 30_000);
    expect(new Set(last().map(({ messageId }) => messageId))).toEqual(new Set(ids));
    expect((await consumer.deadLetters.list({ limit: 1, after: null })).total).toBe(0);
  }, 90_000);

  it('are noticed though nobody says a word: heartbeats', async () => {
    const name = unusedName();
    const inbox = new Inbox(30_000, () => DONE);
    const consumer = await consuming(exchange.consume(subscriptionOf(name, name), inbox.handle));
    await exchange.publish(message(name));
    await inbox.has(1);
    await rabbitmq.proxy.addToxic('silence', {
      type: 'timeout',
      stream: 'downstream',
      attributes: { timeout: 0 },
    });
    await eventually(() => expect(consumer.state).toBe('connecting'), 20_000);
    await expect(exchange.ping()).rejects.toMatchObject({ code: 'EXCHANGE_UNAVAILABLE' });
    await rabbitmq.proxy.reset();
    await consuming(consumer);
    await exchange.publish(message(name));
    await inbox.has(2);
  }, 90_000);

  it('cost a message in hand its acknowledgement: it comes again, and says so', async () => {
    const name = unusedName();
    const doors: (() => void)[] = [];
    const inbox = new Inbox(30_000, async () => {
      await new Promise<void>((resolve) => doors.push(resolve));
      return DONE;
    });
    await consuming(exchange.consume(subscriptionOf(name, name), inbox.handle));
    await exchange.publish(message(name));
    await inbox.has(1);
    await cut();
    await inbox.has(2);
    expect(inbox.got.map(({ redelivered }) => redelivered)).toEqual([false, true]);
    doors.forEach((open) => open());
  }, 60_000);

  it('do not keep a temporary queue waiting that the broker still believes to be in use', async () => {
    const name = unusedName();
    await exchange.ping();
    await rabbitmq.proxy.disable();
    const inbox = new Inbox(30_000, () => DONE);
    const consumer = exchange.consume(subscriptionOf(name, null), inbox.handle);
    const taken = consumer.queue!;
    const raw = await Raw.connect(rabbitmq.directUrl);
    await raw.channel.assertQueue(taken, { exclusive: true });
    await rabbitmq.proxy.enable();
    await consuming(consumer);
    await raw.close();
    expect(consumer.queue).not.toBe(taken);
    expect(consumer.queue!.startsWith(`${name}.`)).toBe(true);
    await exchange.publish(message(name));
    await inbox.has(1);
  }, 60_000);
});
