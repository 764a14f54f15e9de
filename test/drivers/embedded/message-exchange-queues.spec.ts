import type { MessageExchange, Subscription } from '../../../src/ports/message-exchange.port.js';
import { DONE, Inbox, dead, kept, message } from '../../contracts/message-exchange.support.js';
import { driverContext } from '../../support/driver-context.js';
import { eventually } from '../../support/eventually.js';
import { openExchange } from './support/open.js';

const SUBSCRIPTION: Subscription = {
  exchange: 'e',
  queue: 'q',
  bindings: ['#'],
  prefetch: 10,
  retryDelaysMs: [100],
};

async function consume(
  exchange: MessageExchange,
  fields: Partial<Subscription> = {},
  answer?: ConstructorParameters<typeof Inbox>[1],
) {
  const inbox = new Inbox(10_000, answer);
  const consumer = exchange.consume({ ...SUBSCRIPTION, ...fields }, inbox.handle);
  await eventually(() => expect(consumer.state).toBe('consuming'));
  return { inbox, consumer };
}

describe('a queue of the process’s own', () => {
  it('is a durable one named after its exchange', async () => {
    const context = await driverContext();
    const first = await openExchange(context);
    const { consumer } = await consume(first.exchange, { queue: null });
    expect(consumer.queue).toBe('e');
    await consumer.stop(5_000);
    const sent = message('e');
    await first.exchange.publish(sent);
    await first.close();

    const { exchange, close } = await openExchange(context);
    const { inbox } = await consume(exchange, { queue: null });
    const [delivery] = await inbox.has(1);
    expect(kept(delivery!)).toEqual(kept(sent));
    await close();
  });
});

describe('a queue', () => {
  it('has one running subscription at most in a process', async () => {
    const { exchange, close } = await openExchange(await driverContext());
    const { consumer } = await consume(exchange);
    const again = () => exchange.consume(SUBSCRIPTION, () => Promise.resolve(DONE));
    expect(again).toThrow(/^Queue q has a running subscription/);
    await consumer.stop(5_000);
    const second = again();
    await eventually(() => expect(second.state).toBe('consuming'));
    await close();
    expect(again).toThrow(expect.objectContaining({ code: 'SHUTTING_DOWN' }));
  });

  it('has the bindings of its last subscription, and no others', async () => {
    const { exchange, close } = await openExchange(await driverContext());
    const first = await consume(exchange, { bindings: ['a.*', 'b.*'] });
    await exchange.publish(message('e', { routingKey: 'a.1' }));
    await first.inbox.has(1);
    await first.consumer.stop(5_000);
    const second = await consume(exchange, { bindings: ['b.*', 'c.*'] });
    await expect(exchange.publish(message('e', { routingKey: 'a.1' }))).rejects.toMatchObject({
      code: 'UNROUTABLE',
    });
    for (const routingKey of ['b.1', 'c.1']) await exchange.publish(message('e', { routingKey }));
    await second.inbox.has(2);
    await second.consumer.stop(5_000);
    await consume(exchange, { exchange: 'other', bindings: ['#'] });
    await expect(exchange.publish(message('e', { routingKey: 'b.1' }))).rejects.toMatchObject({
      code: 'UNROUTABLE',
    });
    await close();
  });

  it('flags after a restart only what was in hand: an equal message that waited is another one', async () => {
    const context = await driverContext();
    const first = await openExchange(context);
    const never = new Promise<never>(() => undefined);
    const { inbox } = await consume(first.exchange, { prefetch: 2 }, () => never);
    const equal = { messageId: null, body: Buffer.from('{}'), routingKey: 'same' };
    for (let i = 0; i < 5; i++) await first.exchange.publish(message('e', equal));
    await inbox.has(2);
    expect(await first.exchange.close(50)).toBe('2 deliveries were left unsettled');
    await first.close();
    const { exchange, close } = await openExchange(context);
    const again = await consume(exchange);
    await again.inbox.has(5);
    const flags = again.inbox.got.map(({ redelivered }) => redelivered);
    expect(flags).toEqual([true, true, false, false, false]);
    await close();
  });

  it('does not flag what was retried and was in nobody’s hands since', async () => {
    const context = await driverContext();
    const first = await openExchange(context);
    const progress = { failures: 1, firstSeenAt: 5, done: [], trace: 't' };
    const reason = { code: 'INTERNAL', message: '' };
    const { inbox, consumer } = await consume(first.exchange, {}, () => ({
      kind: 'retry',
      delayMs: 200,
      progress,
      reason,
    }));
    await first.exchange.publish(message('e'));
    await inbox.has(1);
    await consumer.stop(5_000);
    await first.close();
    const { exchange, close } = await openExchange(context);
    const again = await consume(exchange);
    expect(await again.inbox.has(1)).toMatchObject([{ redelivered: false, progress }]);
    await close();
  });

  it('that is paused hands out nothing, not even what was being fetched, and fetches no more', async () => {
    const { exchange, database, close } = await openExchange(await driverContext());
    const { inbox, consumer } = await consume(exchange);
    await exchange.publish(message('e', { routingKey: 'a' }));
    // The consumer has been woken, and asks for it.
    consumer.pause();
    await database.ask('count', null);
    await exchange.publish(message('e', { routingKey: 'b' }));
    await database.ask('count', null);
    expect(inbox.got).toEqual([]);
    consumer.resume();
    await inbox.has(2);
    consumer.pause();
    await exchange.publish(message('e', { routingKey: 'c' }));
    await database.ask('count', null);
    expect(await consumer.stop(5_000)).toBe(0);
    consumer.resume();
    const again = await consume(exchange);
    expect(await again.inbox.has(1)).toMatchObject([{ routingKey: 'c', redelivered: false }]);
    expect(inbox.keys).toEqual(['a', 'b']);

    await exchange.publish(message('e', { routingKey: 'd' }));
    again.consumer.pause();
    await database.ask('count', null);
    expect(await again.consumer.stop(5_000)).toBe(0);
    again.consumer.resume();
    const third = await consume(exchange);
    expect(await third.inbox.has(1)).toMatchObject([{ routingKey: 'd' }]);
    expect(again.inbox.keys).toEqual(['c']);
    await close();
  });

  it('with much more than a fetch takes is emptied, large messages too', async () => {
    const { exchange, database, close } = await openExchange(await driverContext());
    const { consumer } = await consume(exchange);
    await consumer.stop(5_000);
    const body = Buffer.alloc(6 * 1024 * 1024, 'x');
    for (let i = 0; i < 8; i++) await exchange.publish(message('e', { body }));
    await Promise.all(Array.from({ length: 500 }, () => exchange.publish(message('e'))));
    const { inbox } = await consume(exchange, { prefetch: 100 });
    await inbox.has(508);
    expect(inbox.got.slice(0, 8).map((delivery) => delivery.body.equals(body))).not.toContain(false);
    await eventually(async () => expect(await database.ask('count', null)).toBe(0));
    await close();
  }, 30_000);

  it('that is idle asks the file for nothing', async () => {
    const context = await driverContext();
    const { exchange, database, close } = await openExchange(context);
    const { inbox } = await consume(exchange);
    await exchange.publish(message('e'));
    await inbox.has(1);
    await eventually(async () => expect(await database.ask('count', null)).toBe(0));
    const commits = async () => /commits_total (\d+)/.exec(await context.metrics.metrics())![1];
    const before = await commits();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await commits()).toBe(before);
    await close();
  });
});

describe('dead letters', () => {
  it('are sent again in rounds of a bounded number', async () => {
    const { exchange, close } = await openExchange(await driverContext());
    const dying = { on: true };
    const { inbox, consumer } = await consume(exchange, { prefetch: 1_000 }, (delivery) =>
      dying.on ? dead(delivery) : DONE,
    );
    const many = 10_050;
    await Promise.all(
      Array.from({ length: many }, () => exchange.publish(message('e', { body: Buffer.alloc(1) }))),
    );
    const { deadLetters } = consumer;
    const total = async () => (await deadLetters.list({ limit: 1, after: null })).total;
    await eventually(async () => expect(await total()).toBe(many));
    dying.on = false;
    const dry = await deadLetters.resend({ ids: null, dryRun: true });
    expect([dry.ids.length, dry.more]).toEqual([10_000, true]);
    const first = await deadLetters.resend({ ids: null, dryRun: false });
    expect([first.ids.length, first.more]).toEqual([10_000, true]);
    const second = await deadLetters.resend({ ids: null, dryRun: false });
    expect([second.ids.length, second.more]).toEqual([50, false]);
    await inbox.has(2 * many);
    expect(await total()).toBe(0);
    await close();
  }, 60_000);

  it('are listed in pages of bounded bytes, and large ones are all sent again', async () => {
    const { exchange, close } = await openExchange(await driverContext());
    const dying = { on: true };
    const { inbox, consumer } = await consume(exchange, {}, (delivery) => (dying.on ? dead(delivery) : DONE));
    const body = Buffer.alloc(6 * 1024 * 1024, 'x');
    for (let i = 0; i < 5; i++) await exchange.publish(message('e', { body }));
    const { deadLetters } = consumer;
    await eventually(async () => expect((await deadLetters.list({ limit: 1, after: null })).total).toBe(5));
    const page = await deadLetters.list({ limit: 100, after: null });
    expect(page.letters).toHaveLength(2);
    const rest = await deadLetters.list({ limit: 100, after: page.next });
    expect([rest.letters.length, rest.next === null]).toEqual([2, false]);
    dying.on = false;
    expect((await deadLetters.resend({ ids: null, dryRun: false })).ids).toHaveLength(5);
    await inbox.has(10);
    await close();
  }, 60_000);
});
