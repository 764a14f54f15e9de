import { DONE, dead, gate, kept, keptOfAll, message, retry, type Suite } from './message-exchange.support.js';

/** What outlives a port that is closed, and what one that is closed does. */
export function closing(suite: Suite): void {
  const { open, subscribe, facts } = suite;
  const deadlineMs = facts.timeoutMs / 4;

  it(
    'takes no more, finishes what was taken, and ends its consumers',
    async () => {
      const port = await open();
      const door = gate();
      const { name, queue, consumer, inbox } = await subscribe.to(
        { prefetch: 3 },
        async () => {
          await door.opened;
          return DONE;
        },
        port,
      );
      const sent = Array.from({ length: 100 }, () => message(name));
      const publishing = sent.map((one) => port.exchange.publish(one));
      await inbox.has(1);
      const closed = port.exchange.close(deadlineMs);
      const late = async () => port.exchange.publish(message(name));
      await expect(late()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
      door.open();
      await Promise.all(publishing);
      expect(await closed).toBeNull();
      expect(consumer.state).toBe('stopped');
      await expect(late()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
      await port.close();

      const again = await subscribe.to({ exchange: name, queue }, undefined, await reopened());
      await again.inbox.has(sent.length - inbox.got.length);
      expect(keptOfAll([...inbox.got, ...again.inbox.got])).toEqual(keptOfAll(sent));
    },
    facts.timeoutMs,
  );

  it(
    'says what it left unsettled; that is delivered again, and only that says so',
    async () => {
      const port = await open();
      const door = gate();
      const { name, queue, inbox } = await subscribe.to(
        { prefetch: 2 },
        async () => {
          await door.opened;
          return DONE;
        },
        port,
      );
      const sent = ['a', 'b', 'c', 'd'].map((routingKey) => message(name, { routingKey }));
      for (const one of sent) await port.exchange.publish(one);
      await inbox.has(2);
      expect(await port.exchange.close(300)).toEqual(expect.stringMatching(/2/));
      await port.close();
      const again = await subscribe.to({ exchange: name, queue }, undefined, await reopened());
      await again.inbox.has(4);
      door.open();
      expect(keptOfAll(again.inbox.got)).toEqual(keptOfAll(sent));
      const before = inbox.got.map(({ routingKey }) => routingKey).sort();
      const flagged = again.inbox.got.filter(({ redelivered }) => redelivered);
      expect(flagged.map(({ routingKey }) => routingKey).sort()).toEqual(before);
    },
    facts.timeoutMs,
  );

  it(
    'keeps what waits for its retry, and the dead letters',
    async () => {
      const port = await open();
      const { name, queue, inbox } = await subscribe.to(
        { retryDelaysMs: [1_000] },
        (delivery) => (delivery.routingKey === 'wait' ? retry(delivery, 1_000) : dead(delivery)),
        port,
      );
      const [waits, dies] = ['wait', 'die'].map((routingKey) => message(name, { routingKey }));
      await Promise.all([port.exchange.publish(waits!), port.exchange.publish(dies!)]);
      await inbox.has(2);
      expect(await port.exchange.close(deadlineMs)).toBeNull();
      await port.close();

      const retryDelaysMs = [1_000];
      const again = await subscribe.to({ exchange: name, queue, retryDelaysMs }, undefined, await reopened());
      const [back] = await again.inbox.has(1);
      expect(kept(back!)).toEqual(kept(waits!));
      expect(back!.progress.failures).toBe(1);
      const { letters } = await again.consumer.deadLetters.list({ limit: 10, after: null });
      expect(letters.map(kept)).toEqual([kept(dies!)]);
    },
    facts.timeoutMs,
  );

  const ports: { close(): Promise<void> }[] = [];
  const reopened = async () => {
    const port = await open();
    ports.push(port);
    return port;
  };
  afterAll(() => Promise.all(ports.map((port) => port.close())), facts.timeoutMs);
}
