import { RabbitConsumer } from '../../../src/drivers/rabbitmq/rabbit-consumer.js';
import { RabbitDeadLetters } from '../../../src/drivers/rabbitmq/dead-letters.js';
import { Inbox, kept, message, retry, DONE } from '../../contracts/message-exchange.support.js';
import { eventually } from '../../support/eventually.js';
import { describeWithServers, startedRabbitmq } from '../../support/servers/index.js';
import { consuming, subscriptionOf } from './load.js';
import { openRabbitmq, unusedName } from './open-rabbitmq.js';
import { openParts, type Parts } from './parts.js';
import { Raw } from './raw.js';

/** RabbitMQ looks at it every 5 s. */
const EXPIRE_MS = 4000;

describeWithServers(['rabbitmq'], 'the queue of returns of one process', () => {
  let parts: Parts;
  let raw: Raw;
  let publish: (sent: ReturnType<typeof message>) => Promise<void>;
  let close: () => Promise<unknown>;

  beforeAll(async () => {
    const { url } = await startedRabbitmq();
    parts = await openParts(url);
    raw = await Raw.connect(url);
    const exchange = await openRabbitmq(url);
    publish = (sent) => exchange.publish(sent);
    close = () => exchange.close(5000);
  });
  afterAll(() => Promise.all([close?.(), parts?.close(), raw?.close()]));

  const consume = (name: string, inbox: Inbox) => {
    let home = '';
    const consumer = new RabbitConsumer(
      {
        ...parts,
        limits: { deliveryLimit: 100, expireMs: EXPIRE_MS },
        deadLetters: ({ dead, returns }) => {
          home = returns.name;
          return new RabbitDeadLetters({ ...parts, queue: dead.name, home, timeoutMs: 5000 });
        },
      },
      subscriptionOf(name, null),
      inbox.handle,
    );
    return { consumer, home };
  };
  /** Until a queue that nobody uses, made now with the same life, has expired. */
  const aLifeLong = async () => {
    const queue = unusedName();
    const life = { 'x-queue-type': 'quorum', 'x-expires': EXPIRE_MS };
    await raw.channel.assertQueue(queue, { arguments: life });
    await eventually(async () => expect(await raw.ready(queue)).toBeNull(), 30_000);
  };

  it('lives as long as its process, also one that pauses longer, and then expires', async () => {
    const name = unusedName();
    const inbox = new Inbox(30_000, (delivery) =>
      delivery.progress.failures === 0 ? retry(delivery, 1000) : DONE,
    );
    const { consumer, home } = consume(name, inbox);
    await consuming(consumer);
    const sent = message(name);
    await publish(sent);
    await inbox.has(1);
    consumer.pause();
    await eventually(async () => expect(await raw.ready(home)).toBe(1));
    await aLifeLong();
    await aLifeLong();
    expect(await raw.ready(home)).toBe(1);
    consumer.resume();
    const [, again] = await inbox.has(2);
    expect(kept(again!)).toEqual(kept(sent));
    await aLifeLong();
    expect(await raw.ready(home)).toBe(0);

    await parts.close(); // it dies without a word
    await eventually(async () => expect(await raw.ready(home)).toBeNull(), 30_000);
  }, 120_000);
});
