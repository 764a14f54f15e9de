import type { Channel } from 'amqplib';
import { RabbitDeadLetters } from '../../../src/drivers/rabbitmq/dead-letters.js';
import { asLetter } from '../../../src/drivers/rabbitmq/letter.js';
import { SCAN_BOUNDS } from '../../../src/drivers/rabbitmq/letter-scan.js';
import { eventually } from '../../support/eventually.js';
import { describeWithServers, startedRabbitmq } from '../../support/servers/index.js';
import { unusedName } from './open-rabbitmq.js';
import { openParts, type Parts } from './parts.js';
import { Raw } from './raw.js';

const LETTERS = Number(process.env.TEST_DEAD_LETTERS ?? 300);
const LATER = { code: 'EXCHANGE_UNAVAILABLE', retryable: true };
const UNKNOWN = { code: 'DEAD_LETTER_UNKNOWN' };
const REASON = { code: 'TARGET_REFUSED', message: 'no' };
const PROGRESS = { failures: 1, firstSeenAt: 1, done: [], trace: null };

describeWithServers(['rabbitmq'], 'a look at the dead letters', () => {
  let parts: Parts;
  let raw: Raw;
  const hands: Channel[] = [];

  beforeAll(async () => {
    const { url } = await startedRabbitmq();
    parts = await openParts(url);
    raw = await Raw.connect(url);
  });
  afterEach(async () => void (await Promise.all(hands.splice(0).map((channel) => channel.close()))));
  afterAll(() => Promise.all([parts?.close(), raw?.close()]));

  /** So many letters in a queue of their own; `deadLetters` looks at them within other bounds. */
  const letters = async (count = LETTERS) => {
    const [queue, home] = [unusedName(), unusedName()];
    for (const name of [queue, home])
      await raw.channel.assertQueue(name, {
        arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 1e9 },
      });
    const message = { content: Buffer.from('1'), fields: { exchange: 'e', routingKey: 'k' }, properties: {} };
    for (let i = 0; i < count; i += 1) {
      const options = asLetter(message as never, { progress: PROGRESS, reason: REASON }, Date.now());
      raw.channel.sendToQueue(queue, message.content, { ...options, persistent: true });
      if (i % 1000 === 999) await raw.channel.waitForConfirms();
    }
    await raw.channel.waitForConfirms();
    const deadLetters = (bounds: object = {}, timeoutMs = 30_000) =>
      new RabbitDeadLetters({ ...parts, queue, home, timeoutMs, bounds: { ...SCAN_BOUNDS, ...bounds } });
    return { queue, home, deadLetters };
  };
  const idsOf = async (deadLetters: RabbitDeadLetters, limit: number) => {
    const ids: string[] = [];
    let after: string | null = null;
    do {
      const page = await deadLetters.list({ limit, after });
      ids.push(...page.letters.map(({ id }) => id));
      after = page.next;
    } while (after !== null);
    return ids;
  };
  /** Somebody who takes `count` and keeps them, until the answer is called. */
  const inHand = async (queue: string, count: number) => {
    const channel = await raw.connection.createChannel();
    hands.push(channel);
    let held = 0;
    await channel.prefetch(count);
    await channel.consume(queue, () => void (held += 1));
    await eventually(() => expect(held).toBe(count));
    return () => hands.splice(hands.indexOf(channel), 1)[0]!.close();
  };

  it('sees all, also more than one consumer may hold', async () => {
    const { deadLetters } = await letters();
    const ids = await idsOf(deadLetters({ perConsumer: Math.ceil(LETTERS / 7) }), Math.ceil(LETTERS / 3));
    expect(new Set(ids).size).toBe(LETTERS);
    expect([...ids].sort()).toEqual(ids);
    const dry = await deadLetters().resend({ ids: null, dryRun: true });
    expect({ ...dry, ids: dry.ids.length }).toEqual({
      ids: Math.min(LETTERS, 50_000),
      missing: [],
      more: LETTERS > 50_000,
    });
  }, 300_000);

  it('that has reached its bound says that it is not whole', async () => {
    const { deadLetters } = await letters(30);
    const ids = await idsOf(deadLetters(), 100);
    const few = deadLetters({ mostLetters: 20 });
    for (const after of [null, '0.0'])
      await expect(few.list({ limit: 5, after })).rejects.toMatchObject(LATER);
    await expect(few.get('nonsense')).rejects.toMatchObject(LATER);
    await expect(few.discard('nonsense')).rejects.toMatchObject(LATER);
    expect(await few.resend({ ids: ['nonsense'], dryRun: true })).toEqual({
      ids: [],
      missing: [],
      more: true,
    });
    const dry = await few.resend({ ids: null, dryRun: true });
    expect({ ...dry, ids: dry.ids.length }).toEqual({ ids: 20, missing: [], more: true });
    expect(await few.get(ids[0]!)).toMatchObject({ id: ids[0] });
    // In rounds it gets through them all.
    const rounds: boolean[] = [];
    do rounds.push((await few.resend({ ids: null, dryRun: false })).more);
    while (rounds.at(-1));
    expect(rounds).toEqual([true, false]);
    expect(await few.list({ limit: 5, after: null })).toEqual({ total: 0, letters: [], next: null });
    await expect(few.get(ids[0]!)).rejects.toMatchObject(UNKNOWN);
  }, 60_000);

  it('that has no time is never taken for a whole one, and the next one sees all', async () => {
    const { deadLetters } = await letters(2000);
    const late = deadLetters({}, 1);
    await expect(late.list({ limit: 5, after: null })).rejects.toMatchObject(LATER);
    await expect(late.get('nonsense')).rejects.toMatchObject(LATER);
    await expect(late.discard('nonsense')).rejects.toMatchObject(LATER);
    expect(new Set(await idsOf(deadLetters(), 700)).size).toBe(2000);
  }, 60_000);

  it('waits for the letters of a look before', async () => {
    const { queue, deadLetters } = await letters(40);
    const giveBack = await inHand(queue, 40);
    const impatient = deadLetters({}, 200);
    await expect(impatient.list({ limit: 5, after: null })).rejects.toMatchObject(LATER);
    await expect(impatient.resend({ ids: null, dryRun: true })).rejects.toMatchObject(LATER);
    const dry = deadLetters().resend({ ids: null, dryRun: true });
    await giveBack();
    expect((await dry).ids).toHaveLength(40);
  }, 60_000);

  /** Whatever channel the driver opens while `work` is under way is changed first. */
  const withChannels = async (change: (channel: Channel) => void, work: () => Promise<void>) => {
    const connection = parts.link.connection!;
    const original = connection.channel.bind(connection);
    connection.channel = async () => {
      const channel = await original();
      change(channel);
      return channel;
    };
    await work().finally(() => (connection.channel = original));
  };

  it('does not believe a leader that is asleep, of which RabbitMQ says that it has nothing', async () => {
    const { queue, deadLetters } = await letters(2000);
    let lies = 0;
    const lying = (channel: Channel) => {
      const checkQueue = channel.checkQueue.bind(channel);
      const consume = channel.consume.bind(channel);
      let isLying = true;
      channel.checkQueue = async (name) => {
        const answer = await checkQueue(name);
        if (!isLying) return answer;
        lies += 1;
        isLying = answer.consumerCount > 0;
        return { queue, messageCount: 0, consumerCount: 0 };
      };
      channel.consume = async (...args) => {
        isLying = true;
        return consume(...args);
      };
    };
    await withChannels(lying, async () => {
      const ids = await idsOf(deadLetters({ quietMs: 1 }), 2000);
      expect(new Set(ids).size).toBe(2000);
    });
    expect(lies).toBeGreaterThan(1);
  }, 60_000);

  it('ends when nothing is left though fewer came than were counted', async () => {
    const { queue, deadLetters } = await letters(40);
    let rival: Promise<unknown> | null = null;
    // Takes the place of the look between its count and its first delivery.
    const overtaken = (channel: Channel) => {
      const prefetch = channel.prefetch.bind(channel);
      channel.prefetch = async (count) => {
        rival ??= inHand(queue, 30);
        await rival;
        return prefetch(count);
      };
    };
    await withChannels(overtaken, () =>
      expect(deadLetters({ quietMs: 100 }).list({ limit: 100, after: null })).rejects.toMatchObject(LATER),
    );
    expect(rival).not.toBeNull();
    await Promise.all(hands.splice(0).map((channel) => channel.close()));
    expect((await deadLetters().list({ limit: 100, after: null })).letters).toHaveLength(40);
  }, 60_000);
});
