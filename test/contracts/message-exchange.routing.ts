import { DONE, QUEUES, kept, keptOfAll, message, type Suite } from './message-exchange.support.js';

const KEYS = [
  'a',
  'b',
  'a.b',
  'a.b.c',
  'a.x.c',
  'a.x.y.c',
  'c',
  'a..c',
  '.',
  'a.',
  '.a',
  'A.b',
  'a b.ü.📦',
  '#',
  '*.b',
];

/** Which of KEYS each binding takes, as AMQP 0-9-1 (3.1.3.3) and RabbitMQ have it: empty words are words. */
const TAKES: Record<string, readonly string[]> = {
  '#': KEYS,
  '*': ['a', 'b', 'c', '#'],
  '*.*': ['a.b', '.', 'a.', '.a', 'A.b', '*.b'],
  'a.*': ['a.b', 'a.'],
  'a.#': ['a', 'a.b', 'a.b.c', 'a.x.c', 'a.x.y.c', 'a..c', 'a.'],
  '#.c': ['a.b.c', 'a.x.c', 'a.x.y.c', 'c', 'a..c'],
  'a.*.c': ['a.b.c', 'a.x.c', 'a..c'],
  'a.#.c': ['a.b.c', 'a.x.c', 'a.x.y.c', 'a..c'],
  '#.#.#': KEYS,
  '*.#.*': KEYS.filter((key) => key.includes('.')),
  '#.b.#': ['b', 'a.b', 'a.b.c', 'A.b', '*.b'],
  'a.b': ['a.b'],
  'a b.ü.*': ['a b.ü.📦'],
};

/** Which queue a message reaches. */
export function routing(suite: Suite): void {
  const { opened, subscribe, facts } = suite;
  const publish = (...args: Parameters<typeof message>) => opened().exchange.publish(message(...args));

  it(
    'takes what a binding key stands for: * one word, # none or more',
    async () => {
      const name = opened().newName();
      const queues = await Promise.all(
        Object.keys(TAKES).map(async (binding) => {
          const { inbox } = await subscribe.to({ exchange: name, bindings: [binding] });
          return { binding, inbox };
        }),
      );
      await Promise.all(KEYS.map((routingKey) => publish(name, { routingKey })));
      for (const { binding, inbox } of queues) {
        await inbox.has(TAKES[binding]!.length);
        expect({ binding, keys: inbox.keys }).toEqual({ binding, keys: [...TAKES[binding]!].sort() });
      }
    },
    facts.timeoutMs,
  );

  it(
    'refuses with UNROUTABLE what no queue is bound for, and it is nowhere',
    async () => {
      await expect(publish(opened().newName())).rejects.toMatchObject({ code: 'UNROUTABLE' });
      const { name, inbox, consumer, queue } = await subscribe.to({ bindings: ['expense.*'] });
      const refused = expect.objectContaining({ code: 'UNROUTABLE' });
      await expect(publish(name, { routingKey: 'expense' })).rejects.toEqual(refused);
      await expect(publish(name, { routingKey: 'expense.a.b' })).rejects.toEqual(refused);
      await expect(publish(opened().newName(), { routingKey: 'expense.a' })).rejects.toEqual(refused);
      await publish(name, { routingKey: 'expense.a' });
      await inbox.has(1);
      await consumer.stop(facts.patienceMs);
      const later = await subscribe.to({ exchange: name, queue, bindings: ['#'] });
      await publish(name, { routingKey: 'last' });
      await later.inbox.has(1);
      expect([...inbox.keys, ...later.inbox.keys]).toEqual(['expense.a', 'last']);
    },
    facts.timeoutMs,
  );

  it.each(QUEUES)(
    'brings a message once that several bindings of one queue take (%s queue)',
    async (_kind, queue) => {
      const { name, inbox } = await subscribe.to({ queue, bindings: ['a.*', 'a.#', '#', 'a.b'] });
      await publish(name, { routingKey: 'a.b' });
      await publish(name, { routingKey: 'last' });
      await inbox.has(2);
      expect(inbox.keys).toEqual(['a.b', 'last']);
    },
    facts.timeoutMs,
  );

  it(
    'brings a message to every queue that is bound, to each on its own',
    async () => {
      const first = await subscribe.to({ bindings: ['a.#'] });
      const second = await subscribe.to({ exchange: first.name, bindings: ['*.b'] });
      const sent = ['a.b', 'a.c', 'x.b'].map((routingKey) => message(first.name, { routingKey }));
      await Promise.all(sent.map((one) => opened().exchange.publish(one)));
      await Promise.all([first.inbox.has(2), second.inbox.has(2)]);
      expect(keptOfAll(first.inbox.got)).toEqual(keptOfAll([sent[0]!, sent[1]!]));
      expect(keptOfAll(second.inbox.got)).toEqual(keptOfAll([sent[0]!, sent[2]!]));
    },
    facts.timeoutMs,
  );

  it(
    'keeps for a durable queue what arrives while nobody consumes it',
    async () => {
      const first = await subscribe.to();
      await first.consumer.stop(facts.patienceMs);
      const sent = Array.from({ length: 20 }, () => message(first.name));
      await Promise.all(sent.map((one) => opened().exchange.publish(one)));
      const { inbox } = await subscribe.to({ exchange: first.name, queue: first.queue });
      await inbox.has(20);
      expect(keptOfAll(inbox.got)).toEqual(keptOfAll(sent));
      expect(inbox.got.filter(({ redelivered }) => redelivered)).toEqual([]);
    },
    facts.timeoutMs,
  );

  it(
    'binds a queue to what a later subscription names',
    async () => {
      const first = await subscribe.to({ bindings: ['a.*'] });
      await expect(publish(first.name, { routingKey: 'b.1' })).rejects.toMatchObject({ code: 'UNROUTABLE' });
      await first.consumer.stop(facts.patienceMs);
      const { inbox } = await subscribe.to({
        exchange: first.name,
        queue: first.queue,
        bindings: ['a.*', 'b.*'],
      });
      await publish(first.name, { routingKey: 'b.1' });
      await publish(first.name, { routingKey: 'a.1' });
      await inbox.has(2);
      expect(inbox.keys).toEqual(['a.1', 'b.1']);
    },
    facts.timeoutMs,
  );

  it(
    'leaves every byte as it was: bodies of any kind, headers, ids or none',
    async () => {
      const { name, inbox } = await subscribe.to();
      const sent = [
        message(name, { body: Buffer.alloc(0), messageId: null, contentType: null }),
        message(name, { body: Buffer.from([0, 0xff, 0xfe, 0x80, 0xc3, 0x28, 0]) }),
        message(name, { body: Buffer.alloc(1024 * 1024, 'größer') }),
        message(name, { headers: { a: '1', 'x-trace': 'grün 📦', empty: '' } }),
        message(name, { headers: {}, messageId: 'schlüssel 鍵' }),
        message(name, { routingKey: `${'ü'.repeat(127)}x` }),
        message(name, { routingKey: '', contentType: 'text/plain; charset=utf-8' }),
      ];
      await Promise.all(sent.map((one) => opened().exchange.publish(one)));
      await inbox.has(sent.length);
      expect(keptOfAll(inbox.got)).toEqual(keptOfAll(sent));
      for (const one of sent) {
        const delivery = inbox.got.find((got) => kept(got).sha === kept(one).sha)!;
        expect(delivery.contentType).toBe(one.contentType);
      }
    },
    facts.timeoutMs,
  );

  it(
    'brings each of many from many publishers once',
    async () => {
      const { name, inbox } = await subscribe.to({ prefetch: 100 }, () => DONE);
      const sent = Array.from({ length: 1_000 }, (_, i) =>
        message(name, { routingKey: `a.${i % 7}`, body: Buffer.alloc(i % 2_000, i) }),
      );
      const share = async (first: number) => {
        for (let i = first; i < sent.length; i += 32) await opened().exchange.publish(sent[i]!);
      };
      await Promise.all(Array.from({ length: 32 }, (_, i) => share(i)));
      await inbox.has(1_000);
      expect(keptOfAll(inbox.got)).toEqual(keptOfAll(sent));
    },
    facts.timeoutMs,
  );
}
