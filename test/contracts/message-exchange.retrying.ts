import { DONE, QUEUES, REASON, dead, kept, message, retry, type Suite } from './message-exchange.support.js';

/** The verdict `retry`: it comes back, later, as it was, and holds nobody up. */
export function retrying(suite: Suite): void {
  const { opened, subscribe, facts } = suite;

  it.each(QUEUES)(
    'comes back after its delay with its progress, every byte as it was (%s queue)',
    async (_kind, queue) => {
      const verdictAt: number[] = [];
      const { name, inbox } = await subscribe.to({ queue }, (delivery, nth) => {
        verdictAt.push(Date.now());
        if (nth === 3) return DONE;
        const { failures, firstSeenAt } = delivery.progress;
        const progress = {
          failures: failures + 1,
          firstSeenAt,
          done: ['file', `sink ${nth}`],
          trace: 'grün 📦',
        };
        return { kind: 'retry', delayMs: 100, progress, reason: REASON };
      });
      const sent = message(name, {
        routingKey: 'expense.grün.📦',
        body: Buffer.from([0xff, 0, 0x80, 0xc3, 0x28]),
        messageId: null,
        contentType: 'application/x-any',
        headers: { a: '1', 'x-größe': 'ü' },
      });
      await opened().exchange.publish(sent);
      const [first, second, third] = await inbox.has(3);
      const { firstSeenAt } = first!.progress;
      expect(second!.progress).toEqual({
        failures: 1,
        firstSeenAt,
        done: ['file', 'sink 1'],
        trace: 'grün 📦',
      });
      expect(third!.progress).toEqual({
        failures: 2,
        firstSeenAt,
        done: ['file', 'sink 2'],
        trace: 'grün 📦',
      });
      for (const delivery of [first!, second!, third!]) {
        expect(kept(delivery)).toEqual(kept(sent));
        expect(delivery.contentType).toBe(sent.contentType);
      }
      // A few milliseconds: two clocks.
      for (const i of [1, 2]) expect(verdictAt[i]! - verdictAt[i - 1]!).toBeGreaterThanOrEqual(95);
    },
    facts.timeoutMs,
  );

  it.each([
    ['empty', Buffer.alloc(0)],
    ['large', Buffer.alloc(1024 * 1024, 'größer')],
  ])(
    'keeps an %s body',
    async (_size, body) => {
      const { name, inbox } = await subscribe.to({}, (delivery, nth) =>
        nth === 1 ? retry(delivery, 100) : DONE,
      );
      const sent = message(name, { body });
      await opened().exchange.publish(sent);
      const [, again] = await inbox.has(2);
      expect(kept(again!)).toEqual(kept(sent));
    },
    facts.timeoutMs,
  );

  it(
    'holds nobody up and takes no place of prefetch, however long it waits',
    async () => {
      const { name, inbox } = await subscribe.to({ prefetch: 1 }, (delivery) => {
        const { routingKey, progress } = delivery;
        if (routingKey === 'slow') return retry(delivery, 30_000);
        return routingKey === 'quick' && progress.failures === 0 ? retry(delivery, 100) : DONE;
      });
      for (const routingKey of ['slow', 'slow', 'quick', 'good', 'good'])
        await opened().exchange.publish(message(name, { routingKey }));
      await inbox.has(6);
      expect(inbox.keys).toEqual(['good', 'good', 'quick', 'quick', 'slow', 'slow']);
    },
    facts.timeoutMs,
  );

  it(
    'comes back to its own queue only, and to it alone',
    async () => {
      const first = await subscribe.to({}, (delivery, nth) => (nth === 1 ? retry(delivery, 100) : DONE));
      const other = await subscribe.to({ exchange: first.name });
      await opened().exchange.publish(message(first.name, { routingKey: 'a' }));
      await first.inbox.has(2);
      await opened().exchange.publish(message(first.name, { routingKey: 'last' }));
      await Promise.all([first.inbox.has(3), other.inbox.has(2)]);
      expect(first.inbox.keys).toEqual(['a', 'a', 'last']);
      expect(other.inbox.keys).toEqual(['a', 'last']);
    },
    facts.timeoutMs,
  );

  it(
    'comes back to a queue whose consumer has begun anew meanwhile',
    async () => {
      const first = await subscribe.to({ retryDelaysMs: [700] }, (delivery) => retry(delivery, 700));
      await opened().exchange.publish(message(first.name));
      await first.inbox.has(1);
      expect(await first.consumer.stop(facts.patienceMs)).toBe(0);
      const again = await subscribe.to({ exchange: first.name, queue: first.queue, retryDelaysMs: [700] });
      const [delivery] = await again.inbox.has(1);
      expect(delivery!.progress.failures).toBe(1);
    },
    facts.timeoutMs,
  );

  it.each<[string, () => Promise<never>]>([
    ['rejects', () => Promise.reject(new Error('a mistake in the handler'))],
    [
      'throws',
      () => {
        throw new Error('a mistake in the handler');
      },
    ],
  ])(
    'takes a handler that %s as a retry after the longest delay',
    async (_how, fail) => {
      const at: number[] = [];
      const { name } = await subscribe.to();
      const queue = opened().newName();
      const consumer = opened().exchange.consume(
        { exchange: name, queue, bindings: ['#'], prefetch: 1, retryDelaysMs: [20, 400] },
        () => {
          at.push(Date.now());
          return at.length === 1 ? fail() : Promise.resolve(DONE);
        },
      );
      const other = await subscribe.to({ exchange: name });
      await other.inbox.until(() => expect(consumer.state).toBe('consuming'));
      await opened().exchange.publish(message(name));
      await other.inbox.until(() => expect(at).toHaveLength(2));
      expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(395);
      expect(consumer.state).toBe('consuming');
      expect(await consumer.stop(facts.patienceMs)).toBe(0);
    },
    facts.timeoutMs,
  );

  it(
    'goes on through many that fail and heal',
    async () => {
      const { name, inbox, consumer } = await subscribe.to(
        { prefetch: 20, retryDelaysMs: [20, 50] },
        (delivery) => {
          const n = Number(delivery.routingKey);
          if (delivery.progress.failures < n % 4) return retry(delivery, n % 2 ? 20 : 50);
          return n % 10 === 9 ? dead(delivery) : DONE;
        },
      );
      const keys = Array.from({ length: 200 }, (_, i) => String(i));
      await Promise.all(keys.map((routingKey) => opened().exchange.publish(message(name, { routingKey }))));
      // 50 each that fail 0, 1, 2 and 3 times first.
      await inbox.has(500);
      await inbox.until(async () => {
        const { letters } = await consumer.deadLetters.list({ limit: 100, after: null });
        expect(letters.map(({ routingKey }) => routingKey).sort()).toEqual(
          keys.filter((key) => key.endsWith('9')).sort(),
        );
      });
      expect(inbox.got).toHaveLength(500);
    },
    facts.timeoutMs,
  );
}
