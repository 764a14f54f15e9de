import type { MessageExchange } from '../../../src/ports/message-exchange.port.js';
import { dead, DONE, gate, Inbox, kept, message, retry } from '../../contracts/message-exchange.support.js';
import { eventually } from '../../support/eventually.js';
import { describeWithServers, startedRabbitmq } from '../../support/servers/index.js';
import { consuming, subscriptionOf } from './load.js';
import { openRabbitmq, unusedName } from './open-rabbitmq.js';
import { Raw } from './raw.js';

describeWithServers(['rabbitmq'], 'queues of one process', () => {
  let url: string;
  let raw: Raw;
  const open: MessageExchange[] = [];

  beforeAll(async () => {
    ({ url } = await startedRabbitmq());
    raw = await Raw.connect(url);
  });
  afterEach(async () => void (await Promise.all(open.splice(0).map((exchange) => exchange.close(5000)))));
  afterAll(() => raw?.close());

  const opened = async (lines?: Record<string, unknown>[]) => {
    const exchange = await openRabbitmq(url, { lines });
    open.push(exchange);
    return exchange;
  };
  const warnings = (lines: readonly Record<string, unknown>[]) =>
    lines.filter(({ level }) => level === 40).map(({ msg }) => String(msg));

  it('keep the retries of one process from another on the same exchange', async () => {
    const name = unusedName();
    const [failing, other] = [await opened(), await opened()];
    const fails = new Inbox(20_000, (delivery) =>
      delivery.progress.failures < 3 ? retry(delivery, 100) : DONE,
    );
    const works = new Inbox(20_000);
    await consuming(failing.consume(subscriptionOf(name, null), fails.handle));
    await consuming(other.consume(subscriptionOf(name, null), works.handle));
    const ids = Array.from({ length: 100 }, (_, i) => `m${i}`);
    await Promise.all(ids.map((messageId) => failing.publish(message(name, { messageId }))));
    await fails.has(400);
    // What is published last comes last: nothing else was under way to the other one.
    await failing.publish(message(name, { messageId: 'last' }));
    await Promise.all([works.has(101), fails.has(404)]);
    const attempts = fails.got.map(({ messageId, progress }) => `${messageId} ${progress.failures}`);
    expect(new Set(attempts).size).toBe(404);
    expect(works.got.map(({ messageId }) => messageId).sort()).toEqual([...ids, 'last'].sort());
    expect(works.got.every(({ progress }) => progress.failures === 0)).toBe(true);
  }, 60_000);

  it('send a dead letter again to the process that is asked', async () => {
    const name = unusedName();
    const inboxes = [
      new Inbox(20_000, (delivery, nth) => (nth === 1 ? dead(delivery) : DONE)),
      new Inbox(20_000),
    ];
    const [first, second] = [await opened(), await opened()];
    const dies = await consuming(first.consume(subscriptionOf(name, null), inboxes[0]!.handle));
    const asked = await consuming(second.consume(subscriptionOf(name, null), inboxes[1]!.handle));
    await first.publish(message(name));
    await Promise.all(inboxes.map((inbox) => inbox.has(1)));
    const [letter] = await eventually(async () => {
      const { letters } = await dies.deadLetters.list({ limit: 5, after: null });
      expect(letters).toHaveLength(1);
      return letters;
    });
    expect(await asked.deadLetters.resend({ ids: [letter!.id], dryRun: false })).toMatchObject({
      more: false,
    });
    await inboxes[1]!.has(2);
    await first.publish(message(name, { routingKey: 'last' }));
    await Promise.all([inboxes[0]!.has(2), inboxes[1]!.has(3)]);
    expect(inboxes[0]!.got.map(({ routingKey }) => routingKey)).toEqual(['expense.created', 'last']);
  }, 60_000);

  it('make dead letters of what waits for a process that is gone, to be sent again by another', async () => {
    const name = unusedName();
    const [gone, other] = [await opened(), await opened()];
    const inbox = new Inbox(20_000, (delivery) => retry(delivery, 1000));
    const consumer = await consuming(gone.consume(subscriptionOf(name, null), inbox.handle));
    const works = new Inbox(20_000);
    const { deadLetters } = await consuming(other.consume(subscriptionOf(name, null), works.handle));
    const sent = message(name, { routingKey: 'waits', messageId: null, headers: { a: 'ü' } });
    await gone.publish(sent);
    await inbox.has(1);
    expect(await consumer.stop(5000)).toBe(0);
    const [letter] = await eventually(async () => {
      const { letters } = await deadLetters.list({ limit: 5, after: null });
      expect(letters).toHaveLength(1);
      return letters;
    });
    expect(kept(letter!)).toEqual(kept(sent));
    expect(letter).toMatchObject({ attempts: 1, reason: { message: expect.stringContaining('process') } });
    expect(letter!.firstSeenAt).toBe(inbox.got[0]!.progress.firstSeenAt);
    await deadLetters.resend({ ids: null, dryRun: false });
    const [, again] = await works.has(2);
    expect(kept(again!)).toEqual(kept(sent));
    expect(again!.progress.failures).toBe(0);
  }, 60_000);

  it('make dead letters of what has come back and was not taken on stop', async () => {
    const name = unusedName();
    const exchange = await opened();
    const doors = gate();
    const inbox = new Inbox(20_000, async (delivery) => {
      if (delivery.progress.failures === 0) return retry(delivery, 100);
      await doors.opened;
      return DONE;
    });
    const subscription = subscriptionOf(name, null, { prefetch: 1 });
    const consumer = await consuming(exchange.consume(subscription, inbox.handle));
    await Promise.all(Array.from({ length: 10 }, () => exchange.publish(message(name))));
    // One is in hand, and holds the others up.
    await inbox.until(() => expect(inbox.got.at(-1)?.progress.failures).toBe(1));
    const firsts = inbox.got.length - 1;
    await eventually(async () => expect(await raw.ready(`${name}.wait.100`)).toBe(0));
    const stopped = consumer.stop(10_000);
    doors.open();
    expect(await stopped).toBe(0);
    await eventually(async () => expect(await raw.ready(`${name}.dead`)).toBe(firsts - 1));
  }, 60_000);

  it('say how many messages are lost with a temporary queue on stop', async () => {
    const name = unusedName();
    const lines: Record<string, unknown>[] = [];
    const exchange = await opened(lines);
    const door = gate();
    const inbox = new Inbox(20_000, () => door.opened.then(() => DONE));
    const subscription = subscriptionOf(name, null, { prefetch: 1 });
    const consumer = await consuming(exchange.consume(subscription, inbox.handle));
    await Promise.all(Array.from({ length: 30 }, () => exchange.publish(message(name))));
    await inbox.has(1);
    const stopped = consumer.stop(10_000);
    door.open();
    expect(await stopped).toBe(0);
    expect(warnings(lines)).toEqual([expect.stringMatching(/^29 messages .*lost.*RABBITMQ_QUEUE/)]);
    expect(await raw.ready(consumer.queue!)).toBeNull();
  }, 60_000);

  it('say nothing where nothing is lost', async () => {
    const lines: Record<string, unknown>[] = [];
    const exchange = await opened(lines);
    const inbox = new Inbox(20_000);
    const consumer = await consuming(exchange.consume(subscriptionOf(unusedName(), null), inbox.handle));
    expect(await consumer.stop(5000)).toBe(0);
    expect(warnings(lines)).toEqual([]);
  }, 60_000);
});
