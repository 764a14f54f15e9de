import type { Consumer, MessageExchange } from '../../../src/ports/message-exchange.port.js';
import { DONE, dead, Inbox, message, retry } from '../../contracts/message-exchange.support.js';
import { eventually } from '../../support/eventually.js';
import { describeWithServers, startedRabbitmq } from '../../support/servers/index.js';
import { consuming, subscriptionOf } from './load.js';
import { errorsIn, openRabbitmq, unusedName } from './open-rabbitmq.js';
import { Raw } from './raw.js';

const QUORUM = { 'x-queue-type': 'quorum' };
const SAFELY = { 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' };

describeWithServers(['rabbitmq'], 'what the driver declares', () => {
  const lines: Record<string, unknown>[] = [];
  let exchange: MessageExchange;
  let raw: Raw;
  const running: Consumer[] = [];

  beforeAll(async () => {
    const { url } = await startedRabbitmq();
    exchange = await openRabbitmq(url, { lines });
    raw = await Raw.connect(url);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((consumer) => consumer.stop(5000)));
    lines.length = 0;
  });
  afterAll(async () => {
    await exchange?.close(5000);
    await raw?.close();
  });

  const consume = (name: string, queue: string | null, inbox = new Inbox(10_000)) => {
    const consumer = exchange.consume(subscriptionOf(name, queue), inbox.handle);
    running.push(consumer);
    return consumer;
  };

  it('are a durable topic exchange, and quorum queues that lose nothing on the way to another', async () => {
    const [name, queue] = [unusedName(), unusedName()];
    await consuming(consume(name, queue));
    const durable = (arguments_: object) => ({ durable: true, arguments: { ...QUORUM, ...arguments_ } });
    const main = durable({ ...SAFELY, 'x-delivery-limit': 100, 'x-dead-letter-exchange': `${queue}.dlx` });
    const back = { ...SAFELY, 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': queue };
    const agreed = [
      await raw.agrees((channel) => channel.assertExchange(name, 'topic', { durable: true })),
      await raw.agrees((channel) => channel.assertExchange(`${queue}.dlx`, 'fanout', { durable: true })),
      await raw.agrees((channel) => channel.assertQueue(queue, main)),
      await raw.agrees((channel) =>
        channel.assertQueue(`${queue}.dead`, durable({ 'x-delivery-limit': 1e9 })),
      ),
      await raw.agrees((channel) =>
        channel.assertQueue(`${queue}.retry.100`, durable({ ...back, 'x-message-ttl': 100 })),
      ),
      await raw.agrees((channel) =>
        channel.assertQueue(`${queue}.retry.1000`, durable({ ...back, 'x-message-ttl': 1000 })),
      ),
    ];
    expect(agreed).toEqual([true, true, true, true, true, true]);
  });

  it('of a temporary queue: delay queues that all processes share, and a way back to each', async () => {
    const name = unusedName();
    const consumer = await consuming(consume(name, null));
    expect(consumer.queue).toMatch(new RegExp(`^${name}\\..`));
    const waits = {
      ...QUORUM,
      ...SAFELY,
      'x-message-ttl': 100,
      'x-dead-letter-exchange': `${name}.returned`,
    };
    const agreed = [
      await raw.agrees((channel) =>
        channel.assertExchange(`${name}.returned`, 'direct', { alternateExchange: `${name}.dlx` }),
      ),
      await raw.agrees((channel) => channel.assertExchange(`${name}.wait.100`, 'fanout')),
      await raw.agrees((channel) => channel.assertQueue(`${name}.wait.100`, { arguments: waits })),
    ];
    expect(agreed).toEqual([true, true, true]);
    expect(await consumer.stop(5000)).toBe(0);
    expect(await raw.ready(consumer.queue!)).toBeNull();
    expect(await raw.ready(`${name}.wait.100`)).toBe(0);
  });

  it('never hands out more than the prefetch, though a temporary queue has another one beside it', async () => {
    const name = unusedName();
    let failing = true;
    const inbox = new Inbox(10_000, async (delivery) => {
      if (failing) return retry(delivery, 100);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return DONE;
    });
    const consumer = exchange.consume(subscriptionOf(name, null, { prefetch: 2 }), inbox.handle);
    running.push(await consuming(consumer));
    const publish = () => Promise.all(Array.from({ length: 20 }, () => exchange.publish(message(name))));
    await publish();
    await inbox.has(20);
    failing = false;
    await publish();
    await inbox.has(60);
    expect(inbox.mostInHand).toBeLessThanOrEqual(2);
  });

  it.each([
    ['exchange of another type', (name: string) => raw.channel.assertExchange(name, 'fanout'), 0],
    ['queue of another kind', (_name: string, queue: string) => raw.channel.assertQueue(queue), 1],
    [
      'delay queue with another delay',
      (_name: string, queue: string) =>
        raw.channel.assertQueue(`${queue}.retry.100`, { arguments: { ...QUORUM, 'x-message-ttl': 5 } }),
      1,
    ],
  ])(
    'an %s that is there already is named, harms nobody else, and is made when it is gone',
    async (_what, arrange, which) => {
      const [name, queue] = [unusedName(), unusedName()];
      await arrange(name, queue);
      const inbox = new Inbox(15_000, () => DONE);
      const consumer = consume(name, queue, inbox);
      await eventually(() => expect(consumer.trouble?.code).toBe('TOPOLOGY_MISMATCH'));
      expect(consumer.state).toBe('connecting');
      const wrong = [name, queue][which]!;
      expect(consumer.trouble!.message).toContain(wrong);
      expect(consumer.trouble!.message).toContain('Delete it, or name another');
      expect(errorsIn(lines).filter((text) => text.includes(wrong))).toHaveLength(1);
      await expect(exchange.ping()).resolves.toBeUndefined();

      const good = new Inbox(10_000, () => DONE);
      const neighbour = await consuming(consume(unusedName(), unusedName(), good));
      expect(neighbour.trouble).toBeNull();

      if (which === 0) {
        await expect(exchange.publish(message(name))).rejects.toMatchObject({ code: 'TOPOLOGY_MISMATCH' });
        await raw.channel.deleteExchange(name);
      } else await raw.channel.deleteQueue(wrong).then(() => raw.channel.deleteQueue(`${queue}.retry.100`));
      await consuming(consumer);
      expect(consumer.trouble).toBeNull();
      await exchange.publish(message(name));
      await inbox.has(1);
    },
    40_000,
  );

  it('are there again after somebody deletes the queue that is consumed', async () => {
    const [name, queue] = [unusedName(), unusedName()];
    const inbox = new Inbox(10_000, () => DONE);
    const consumer = await consuming(consume(name, queue, inbox));
    await raw.channel.deleteQueue(queue);
    await eventually(() => expect(consumer.trouble?.message).toContain('cancelled the consumer'));
    await consuming(consumer);
    await exchange.publish(message(name));
    await inbox.has(1);
  });

  it('are there again when a retry or a dead letter finds its queue or exchange deleted', async () => {
    const [name, queue] = [unusedName(), unusedName()];
    const inbox = new Inbox(10_000, (delivery) => {
      if (delivery.progress.failures === 0) return retry(delivery, 100);
      return delivery.routingKey === 'dies' ? dead(delivery) : DONE;
    });
    const { deadLetters } = await consuming(consume(name, queue, inbox));
    await raw.channel.deleteQueue(`${queue}.retry.100`);
    await raw.channel.deleteExchange(`${queue}.dlx`);
    const keys = ['dies', 'lives', 'dies', 'lives', 'lives'];
    await Promise.all(keys.map((routingKey) => exchange.publish(message(name, { routingKey }))));
    await inbox.has(10);
    await eventually(async () => expect((await deadLetters.list({ limit: 5, after: null })).total).toBe(2));
    expect(inbox.keys.filter((key) => key === 'lives')).toHaveLength(6);
  });

  it('is declared again for a publish that finds its exchange deleted', async () => {
    const name = unusedName();
    await expect(exchange.publish(message(name))).rejects.toMatchObject({ code: 'UNROUTABLE' });
    await raw.channel.deleteExchange(name);
    await expect(exchange.publish(message(name))).rejects.toMatchObject({ code: 'UNROUTABLE' });
    expect(await raw.agrees((channel) => channel.checkExchange(name))).toBe(true);
  });
});
