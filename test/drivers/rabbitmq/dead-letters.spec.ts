import type { MessageExchange } from '../../../src/ports/message-exchange.port.js';
import { dead, DONE, Inbox, kept, message, retry } from '../../contracts/message-exchange.support.js';
import { eventually } from '../../support/eventually.js';
import { describeWithServers, startedRabbitmq } from '../../support/servers/index.js';
import { consuming, subscriptionOf } from './load.js';
import { openRabbitmq, unusedName } from './open-rabbitmq.js';
import { Raw } from './raw.js';

describeWithServers(['rabbitmq'], 'dead letters', () => {
  let url: string;
  let raw: Raw;
  const open: MessageExchange[] = [];

  beforeAll(async () => {
    ({ url } = await startedRabbitmq());
    raw = await Raw.connect(url);
  });
  afterEach(async () => void (await Promise.all(open.splice(0).map((exchange) => exchange.close(5000)))));
  afterAll(() => raw?.close());

  const opened = async (variables: Record<string, string> = {}) => {
    const exchange = await openRabbitmq(url, { variables });
    open.push(exchange);
    return exchange;
  };
  it('makes no dead letter of a good message, however often its consumer dies', async () => {
    const [name, queue] = [unusedName(), unusedName()];
    const sent = Array.from({ length: 20 }, () => message(name));
    for (let round = 0; round < 22; round += 1) {
      const exchange = await opened();
      const inbox = new Inbox(20_000, () => new Promise<never>(() => undefined));
      await consuming(exchange.consume(subscriptionOf(name, queue), inbox.handle));
      if (round === 0) await Promise.all(sent.map((one) => exchange.publish(one)));
      await inbox.has(20);
      expect(await exchange.close(0)).toMatch('20 deliveries');
    }
    const exchange = await opened();
    const tally = new Inbox(20_000, () => DONE);
    const { deadLetters } = await consuming(exchange.consume(subscriptionOf(name, queue), tally.handle));
    await tally.has(20);
    expect(tally.got.every(({ redelivered }) => redelivered)).toBe(true);
    expect(await deadLetters.list({ limit: 1, after: null })).toMatchObject({ total: 0 });
  }, 60_000);

  it('shows what RabbitMQ gave up itself, under an id that stays, and sends it again', async () => {
    const [name, queue] = [unusedName(), unusedName()];
    const sent = message(name, { routingKey: 'expense.grün', headers: { a: 'ü' } });
    const limit = { RABBITMQ_DELIVERY_LIMIT: '1' };
    for (let round = 0; round < 2; round += 1) {
      const exchange = await opened(limit);
      const inbox = new Inbox(20_000, (delivery) =>
        delivery.progress.failures === 0 ? retry(delivery, 100) : new Promise<never>(() => undefined),
      );
      await consuming(exchange.consume(subscriptionOf(name, queue), inbox.handle));
      if (round === 0) await exchange.publish(sent);
      await inbox.until(() => expect(inbox.inHand).toBe(1));
      await inbox.until(() => expect(inbox.got.at(-1)!.progress.failures).toBe(1));
      await exchange.close(0);
    }
    const exchange = await opened(limit);
    const inbox = new Inbox(20_000, () => DONE);
    const { deadLetters } = await consuming(exchange.consume(subscriptionOf(name, queue), inbox.handle));
    const letter = await eventually(async () => {
      const { letters } = await deadLetters.list({ limit: 5, after: null });
      expect(letters).toHaveLength(1);
      return letters[0]!;
    });
    expect(kept(letter)).toEqual(kept(sent));
    expect(letter).toMatchObject({ reason: { code: 'DELIVERY_LIMIT' }, attempts: 1 });
    expect(Math.abs(letter.diedAt - Date.now())).toBeLessThan(60_000);
    expect(await deadLetters.get(letter.id)).toEqual(letter);
    expect(await deadLetters.resend({ ids: [letter.id], dryRun: false })).toMatchObject({ ids: [letter.id] });
    const [again] = await inbox.has(1);
    expect(kept(again!)).toEqual(kept(sent));
    expect(again).toMatchObject({ redelivered: false, progress: { failures: 0 } });
  }, 60_000);

  it('lists, resends and discards among thousands of dead letters', async () => {
    const exchange = await opened();
    const [name, queue] = [unusedName(), unusedName()];
    let dying = true;
    const inbox = new Inbox(60_000, (delivery) => (dying ? dead(delivery) : DONE));
    const { deadLetters } = await consuming(exchange.consume(subscriptionOf(name, queue), inbox.handle));
    const sent = Array.from({ length: 3000 }, (_, i) => message(name, { messageId: `m${i}` }));
    await Promise.all(sent.map((one) => exchange.publish(one)));
    await eventually(async () => expect(await raw.ready(`${queue}.dead`)).toBe(3000), 30_000);
    dying = false;

    const ids: string[] = [];
    let after: string | null = null;
    do {
      const page = await deadLetters.list({ limit: 700, after });
      expect(page.total).toBe(3000);
      ids.push(...page.letters.map(({ id }) => id));
      after = page.next;
    } while (after !== null);
    expect(new Set(ids).size).toBe(3000);
    expect([...ids].sort()).toEqual(ids);

    // Asked at once, served one after the other.
    const [first, last] = [ids[0]!, ids.at(-1)!];
    await Promise.all([
      deadLetters.get(last),
      deadLetters.discard(first),
      deadLetters.list({ limit: 1, after: null }),
    ]);
    await expect(deadLetters.get(first)).rejects.toMatchObject({ code: 'DEAD_LETTER_UNKNOWN' });
    const some = ids.filter((_, i) => i % 10 === 5);
    expect(await deadLetters.resend({ ids: some, dryRun: false })).toMatchObject({
      missing: [],
      more: false,
    });
    await inbox.has(3300);
    const rest = await deadLetters.resend({ ids: null, dryRun: false });
    expect(rest).toMatchObject({ missing: [], more: false });
    expect(rest.ids).toHaveLength(3000 - 1 - 300);
    await inbox.has(3000 + 2999);
    await eventually(async () => expect(await raw.ready(`${queue}.dead`)).toBe(0));
  }, 90_000);
});
