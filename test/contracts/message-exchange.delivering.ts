import { DONE, QUEUES, gate, message, type Subscribed, type Suite } from './message-exchange.support.js';

/** Deliveries in hand: how many, when not, and what becomes of them. */
export function delivering(suite: Suite): void {
  const { opened, subscribe, facts } = suite;
  const publish = (name: string, ...keys: string[]) =>
    Promise.all(keys.map((routingKey) => opened().exchange.publish(message(name, { routingKey }))));

  it.each(QUEUES)(
    'tells a first delivery what it is (%s queue)',
    async (_kind, queue) => {
      const began = Date.now();
      const { name, inbox } = await subscribe.to({ queue });
      await opened().exchange.publish(message(name, { messageId: null }));
      const [delivery] = await inbox.has(1);
      expect(delivery).toMatchObject({ redelivered: false, messageId: null });
      const { firstSeenAt, ...rest } = delivery!.progress;
      expect(rest).toEqual({ failures: 0, done: [], trace: null });
      expect(firstSeenAt).toBeGreaterThanOrEqual(began);
      expect(firstSeenAt).toBeLessThanOrEqual(Date.now());
    },
    facts.timeoutMs,
  );

  it.each([1, 3])(
    'hands out %i at once when that is the prefetch, and all in the end',
    async (prefetch) => {
      const doors: (() => void)[] = [];
      const { name, inbox } = await subscribe.to({ prefetch }, async () => {
        await new Promise<void>((resolve) => doors.push(resolve));
        return DONE;
      });
      await publish(name, ...Array.from({ length: 10 }, (_, i) => `key.${i}`));
      for (let settled = 0; settled < 10; settled++) {
        await inbox.has(Math.min(10, settled + prefetch));
        doors[settled]!();
      }
      await inbox.until(() => expect(inbox.inHand).toBe(0));
      expect(inbox.got).toHaveLength(10);
      expect(inbox.mostInHand).toBe(prefetch);
    },
    facts.timeoutMs,
  );

  it(
    'forgets what is done',
    async () => {
      const first = await subscribe.to();
      await publish(first.name, 'a', 'b', 'c');
      await first.inbox.has(3);
      expect(await first.consumer.stop(facts.patienceMs)).toBe(0);
      const { inbox } = await subscribe.to({ exchange: first.name, queue: first.queue });
      await publish(first.name, 'last');
      await inbox.has(1);
      expect(inbox.keys).toEqual(['last']);
    },
    facts.timeoutMs,
  );

  it(
    'hands out nothing while paused; what is in hand goes on',
    async () => {
      const door = gate();
      const { name, consumer, inbox } = await subscribe.to({ prefetch: 5 }, async () => {
        await door.opened;
        return DONE;
      });
      const other = await subscribe.to({ exchange: name });
      await publish(name, 'a', 'b');
      await inbox.has(2);
      consumer.pause();
      expect(consumer.state).toBe('paused');
      door.open();
      await inbox.until(() => expect(inbox.inHand).toBe(0));
      await publish(name, 'c', 'd', 'e');
      await other.inbox.has(5);
      expect(inbox.keys).toEqual(['a', 'b']);
      consumer.resume();
      await inbox.has(5);
      await inbox.until(() => expect(consumer.state).toBe('consuming'));
      expect(inbox.keys).toEqual(['a', 'b', 'c', 'd', 'e']);
    },
    facts.timeoutMs,
  );

  it(
    'loses and doubles nothing when paused and resumed in quick succession',
    async () => {
      const { name, consumer, inbox } = await subscribe.to();
      const keys = Array.from({ length: 60 }, (_, i) => `key.${i}`);
      for (const key of keys) {
        consumer.pause();
        await publish(name, key);
        consumer.resume();
      }
      await inbox.until(() => expect(new Set(inbox.keys)).toEqual(new Set(keys)));
      // A delivery that a pause sent back may have been seen; then it says so.
      const firsts = inbox.got.filter(({ redelivered }) => !redelivered).map(({ routingKey }) => routingKey);
      expect(new Set(firsts).size).toBe(firsts.length);
    },
    facts.timeoutMs,
  );

  it(
    'stops when what is in hand is settled',
    async () => {
      const door = gate();
      const first = await subscribe.to({ prefetch: 2 }, async () => {
        await door.opened;
        return DONE;
      });
      await publish(first.name, 'a', 'b', 'c');
      await first.inbox.has(2);
      const stopping = first.consumer.stop(facts.patienceMs);
      door.open();
      expect(await stopping).toBe(0);
      expect(first.consumer.state).toBe('stopped');
      expect(first.inbox.got).toHaveLength(2);
      const { inbox } = await subscribe.to({ exchange: first.name, queue: first.queue });
      const [left] = await inbox.has(1);
      expect([...first.inbox.keys, left!.routingKey].sort()).toEqual(['a', 'b', 'c']);
    },
    facts.timeoutMs,
  );

  /** Stops a subscription that has `a` in hand and `b` done. */
  const stoppedWithOneInHand = async (door: Promise<void>): Promise<Subscribed> => {
    const first = await subscribe.to({ prefetch: 2 }, async ({ routingKey }) => {
      if (routingKey === 'a') await door;
      return DONE;
    });
    await publish(first.name, 'a', 'b');
    await first.inbox.has(2);
    await first.inbox.until(() => expect(first.inbox.inHand).toBe(1));
    expect(await first.consumer.stop(300)).toBe(1);
    return first;
  };

  it(
    'stops at its deadline, says how many were left, and delivers them again',
    async () => {
      const door = gate();
      const first = await stoppedWithOneInHand(door.opened);
      expect(first.consumer.state).toBe('stopped');
      const again = await subscribe.to({ exchange: first.name, queue: first.queue });
      const [left] = await again.inbox.has(1);
      expect(left).toMatchObject({ routingKey: 'a', redelivered: true });
      door.open();
    },
    facts.timeoutMs,
  );

  it(
    'ignores a verdict that comes after the stop: the one who has it now decides',
    async () => {
      const [late, door] = [gate(), gate()];
      const first = await stoppedWithOneInHand(late.opened);
      const second = await subscribe.to({ exchange: first.name, queue: first.queue }, async () => {
        await door.opened;
        return DONE;
      });
      await second.inbox.has(1);
      late.open();
      await first.inbox.until(() => expect(first.inbox.inHand).toBe(0));
      expect(await second.consumer.stop(300)).toBe(1);
      const third = await subscribe.to({ exchange: first.name, queue: first.queue });
      const [left] = await third.inbox.has(1);
      expect(left).toMatchObject({ routingKey: 'a', redelivered: true });
      door.open();
    },
    facts.timeoutMs,
  );

  it(
    'stops as one when asked twice',
    async () => {
      const { consumer } = await subscribe.to();
      expect(await Promise.all([consumer.stop(facts.patienceMs), consumer.stop(facts.patienceMs)])).toEqual([
        0, 0,
      ]);
      expect(consumer.state).toBe('stopped');
    },
    facts.timeoutMs,
  );
}
