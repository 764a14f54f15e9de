import type { DeadLetter, DeadLetters } from '../../src/ports/message-exchange.port.js';
import {
  DONE,
  QUEUES,
  REASON,
  dead,
  failedOnce,
  kept,
  message,
  retry,
  type Suite,
} from './message-exchange.support.js';

const UNKNOWN = { code: 'DEAD_LETTER_UNKNOWN' };

/** All letters, in pages of `limit`. */
async function listAll(deadLetters: DeadLetters, limit = 100): Promise<DeadLetter[]> {
  const all: DeadLetter[] = [];
  let after: string | null = null;
  do {
    const page = await deadLetters.list({ limit, after });
    expect(page.letters.length).toBeLessThanOrEqual(limit);
    all.push(...page.letters);
    after = page.next;
  } while (after !== null);
  return all;
}

const keysOf = (letters: readonly DeadLetter[]) => letters.map(({ routingKey }) => routingKey);
const idsOf = (letters: readonly DeadLetter[]) => letters.map(({ id }) => id);

/** The verdict `dead`, and what can be done with dead letters. */
export function deadLettering(suite: Suite): void {
  const { opened, subscribe, facts } = suite;

  /** A queue whose messages die one after the other, as long as `dying.on`; those of `keys` are dead. */
  const withDead = async (keys: readonly string[], queue?: null) => {
    const dying = { on: true };
    const subscribed = await subscribe.to({ queue, prefetch: 1 }, (delivery) =>
      dying.on ? { kind: 'dead', progress: failedOnce(delivery, ['file']), reason: REASON } : DONE,
    );
    for (const routingKey of keys)
      await opened().exchange.publish(message(subscribed.name, { routingKey, headers: { key: routingKey } }));
    const { deadLetters } = subscribed.consumer;
    await subscribed.inbox.until(async () => expect(await listAll(deadLetters)).toHaveLength(keys.length));
    dying.on = false;
    return { ...subscribed, deadLetters };
  };

  it.each(QUEUES)(
    'keeps the message, why and when it died (%s queue)',
    async (_kind, queue) => {
      const began = Date.now();
      const { name, inbox, consumer } = await subscribe.to({ queue }, (delivery) =>
        delivery.progress.failures === 0
          ? retry(delivery, 100)
          : { kind: 'dead', progress: failedOnce(delivery, ['file']), reason: REASON },
      );
      const sent = message(name, {
        routingKey: 'expense.grün',
        body: Buffer.from([0xff, 0, 0xc3]),
        headers: { a: 'ü 📦' },
      });
      await opened().exchange.publish(sent);
      const [first] = await inbox.has(2);
      const [letter] = await inbox.until(async () => {
        const letters = await listAll(consumer.deadLetters);
        expect(letters).toHaveLength(1);
        return letters;
      });
      expect(kept(letter!)).toEqual(kept(sent));
      expect(letter).toMatchObject({ reason: REASON, attempts: 2, firstSeenAt: first!.progress.firstSeenAt });
      expect(letter!.diedAt).toBeGreaterThanOrEqual(began);
      // A broker's clock counts whole seconds.
      expect(letter!.diedAt).toBeLessThanOrEqual(Date.now() + 1_000);
      expect(await consumer.deadLetters.get(letter!.id)).toEqual(letter);
    },
    facts.timeoutMs,
  );

  it(
    'are listed in pages, the oldest first, each under an id that stays',
    async () => {
      const keys = Array.from({ length: 7 }, (_, i) => `key.${i}`);
      const { deadLetters } = await withDead(keys);
      const all = await listAll(deadLetters);
      expect(keysOf(all)).toEqual(keys);
      expect(new Set(idsOf(all)).size).toBe(7);
      for (const limit of [1, 3, 7, 8]) expect(idsOf(await listAll(deadLetters, limit))).toEqual(idsOf(all));
      const page = await deadLetters.list({ limit: 3, after: null });
      expect(page).toMatchObject({ total: 7, next: expect.any(String) });
      const whole = await deadLetters.list({ limit: 7, after: null });
      expect(whole.next).toBeNull();
    },
    facts.timeoutMs,
  );

  it(
    'are none at first, and what is not there is unknown',
    async () => {
      const { consumer } = await subscribe.to();
      const { deadLetters } = consumer;
      expect(await deadLetters.list({ limit: 10, after: null })).toEqual({
        total: 0,
        letters: [],
        next: null,
      });
      for (const id of ['0', '1', 'nonsense', '']) {
        await expect(deadLetters.get(id)).rejects.toMatchObject(UNKNOWN);
        await expect(deadLetters.discard(id)).rejects.toMatchObject(UNKNOWN);
      }
      const nothing = { ids: [], missing: [], more: false };
      expect(await deadLetters.resend({ ids: null, dryRun: false })).toEqual(nothing);
    },
    facts.timeoutMs,
  );

  it.each(['zzz', '-1', '1 ', ''])(
    'refuse a page after what no page gave: %j',
    async (after) => {
      const { deadLetters } = await withDead([]);
      await expect(deadLetters.list({ limit: 1, after })).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
        retryable: false,
      });
    },
    facts.timeoutMs,
  );

  it(
    'can be discarded one by one',
    async () => {
      const { deadLetters } = await withDead(['a', 'b', 'c']);
      const [, b] = await listAll(deadLetters);
      await deadLetters.discard(b!.id);
      expect(keysOf(await listAll(deadLetters))).toEqual(['a', 'c']);
      await expect(deadLetters.get(b!.id)).rejects.toMatchObject(UNKNOWN);
      await expect(deadLetters.discard(b!.id)).rejects.toMatchObject(UNKNOWN);
    },
    facts.timeoutMs,
  );

  it.each(QUEUES)(
    'are sent again as new messages, all of them, to the queue they died in (%s queue)',
    async (_kind, queue) => {
      const { name, inbox, deadLetters } = await withDead(['a', 'b', 'c'], queue);
      const other = await subscribe.to({ exchange: name });
      const letters = await listAll(deadLetters);
      const before = inbox.got.length;
      const result = await deadLetters.resend({ ids: null, dryRun: false });
      expect({ ...result, ids: [...result.ids].sort() }).toEqual({
        ids: idsOf(letters).sort(),
        missing: [],
        more: false,
      });
      await inbox.has(before + 3);
      const again = inbox.got.slice(before);
      expect(again.map(kept)).toEqual(expect.arrayContaining(letters.map(kept)));
      for (const { progress, redelivered } of again)
        expect({ failures: progress.failures, done: progress.done, redelivered }).toEqual({
          failures: 0,
          done: ['file'],
          redelivered: false,
        });
      expect(await listAll(deadLetters)).toEqual([]);
      await opened().exchange.publish(message(name, { routingKey: 'last' }));
      await other.inbox.has(1);
      expect(other.inbox.keys).toEqual(['last']);
    },
    facts.timeoutMs,
  );

  it(
    'are sent again by id; what is missing is named, what was not asked for stays',
    async () => {
      const { inbox, deadLetters } = await withDead(['a', 'b', 'c']);
      const [a, b, c] = await listAll(deadLetters);
      const before = inbox.got.length;
      const result = await deadLetters.resend({ ids: [b!.id, 'nonsense'], dryRun: false });
      expect(result).toEqual({ ids: [b!.id], missing: ['nonsense'], more: false });
      await inbox.has(before + 1);
      expect(kept(inbox.got.at(-1)!)).toEqual(kept(b!));
      expect(idsOf(await listAll(deadLetters))).toEqual([a!.id, c!.id]);
      expect(await deadLetters.resend({ ids: [b!.id], dryRun: false })).toMatchObject({ missing: [b!.id] });
    },
    facts.timeoutMs,
  );

  it(
    'stay where they are in a dry run',
    async () => {
      const { inbox, deadLetters } = await withDead(['a', 'b']);
      const letters = await listAll(deadLetters);
      const before = inbox.got.length;
      const all = await deadLetters.resend({ ids: null, dryRun: true });
      expect([...all.ids].sort()).toEqual(idsOf(letters).sort());
      const one = await deadLetters.resend({ ids: ['nonsense', letters[0]!.id], dryRun: true });
      expect(one).toEqual({ ids: [letters[0]!.id], missing: ['nonsense'], more: false });
      expect(await listAll(deadLetters)).toEqual(letters);
      expect(inbox.got).toHaveLength(before);
    },
    facts.timeoutMs,
  );

  it(
    'die again under another id when they fail again',
    async () => {
      const { name, inbox, consumer } = await subscribe.to({}, dead);
      await opened().exchange.publish(message(name));
      const one = () =>
        inbox.until(async () => {
          const letters = await listAll(consumer.deadLetters);
          expect(letters).toHaveLength(1);
          return letters[0]!;
        });
      const first = await one();
      await consumer.deadLetters.resend({ ids: [first.id], dryRun: false });
      await inbox.has(2);
      const second = await one();
      expect(second.id).not.toBe(first.id);
      expect(second.attempts).toBe(1);
      expect(kept(second)).toEqual(kept(first));
    },
    facts.timeoutMs,
  );

  it(
    'of one queue are none of another’s',
    async () => {
      const { name, deadLetters } = await withDead(['a']);
      const { consumer } = await subscribe.to({ exchange: name });
      const [letter] = await listAll(deadLetters);
      expect(await listAll(consumer.deadLetters)).toEqual([]);
      await expect(consumer.deadLetters.get(letter!.id)).rejects.toMatchObject(UNKNOWN);
      await expect(consumer.deadLetters.discard(letter!.id)).rejects.toMatchObject(UNKNOWN);
    },
    facts.timeoutMs,
  );
}
