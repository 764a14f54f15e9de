import type { Message } from 'amqplib';
import { asLetter, asNewMessage, letterOf, newLetterId } from './letter.js';
import { deliveryOf, progressHeaders, propertiesOf } from './message.js';

const NOW = 1_800_000_000_000;

function received(fields: object, properties: object = {}): Message {
  return {
    content: Buffer.from('body'),
    fields: { deliveryTag: 1, redelivered: false, exchange: 'events', routingKey: 'a.b', ...fields },
    properties,
  } as unknown as Message;
}

const first = (headers: object = {}, fields: object = {}) =>
  received(fields, {
    headers,
    messageId: 'm',
    contentType: 'text/plain',
    userId: 'somebody',
    expiration: '5',
    priority: 3,
  });
const progress = { failures: 2, firstSeenAt: NOW - 5, done: ['file'], trace: 't' };

/** The message as it comes back out of a delay queue. */
const retried = (message: Message, dies: object = {}) =>
  received(
    { exchange: '', routingKey: 'queue' },
    {
      ...propertiesOf(message, false, progressHeaders(message, progress)),
      ...dies,
    },
  );

describe('a delivery', () => {
  it('shows text, numbers and booleans of the publisher, and nothing of the broker', () => {
    const headers = {
      a: 'x',
      n: 5,
      yes: true,
      list: [1],
      none: null,
      CC: ['q'],
      'x-death': [{}],
      'x-delivery-count': 0,
    };
    expect(deliveryOf(first({ ...headers, 'x-carillon-failures': 9 }), NOW)).toMatchObject({
      exchange: 'events',
      routingKey: 'a.b',
      headers: { a: 'x', n: '5', yes: 'true', 'x-carillon-failures': '9' },
      progress: { failures: 0, firstSeenAt: NOW, done: [], trace: null },
    });
  });

  it('knows what a retry wrote only where that led back', () => {
    const { properties } = retried(first());
    const from = (exchange: string) => deliveryOf(received({ exchange }, properties), NOW).progress.failures;
    expect(['', 'events.returned', 'events.wait.5'].map(from)).toEqual([2, 2, 2]);
    expect(['events', 'events.returns', 'others.returned', 'x.events.wait.5'].map(from)).toEqual([
      0, 0, 0, 0,
    ]);
  });

  it('is redelivered when RabbitMQ says so in either way', () => {
    expect(deliveryOf(first(), NOW).redelivered).toBe(false);
    expect(deliveryOf(first({}, { redelivered: true }), NOW).redelivered).toBe(true);
    expect(deliveryOf(first({ 'x-delivery-count': 1 }), NOW).redelivered).toBe(true);
    expect(deliveryOf(first({ 'x-delivery-count': 0 }), NOW).redelivered).toBe(false);
  });

  it('has no id where that is empty', () => {
    expect(deliveryOf(received({}, { messageId: '' }), NOW).messageId).toBeNull();
  });

  it('is after a retry what it was, with its progress', () => {
    const again = deliveryOf(retried(first({ a: 'x' })), NOW);
    expect(again).toMatchObject({
      exchange: 'events',
      routingKey: 'a.b',
      messageId: 'm',
      headers: { a: 'x' },
      progress,
    });
    expect(again.redelivered).toBe(false);
    expect(deliveryOf(retried(retried(first({ a: 'x' }))), NOW)).toEqual({ ...again });
  });

  it('stays one that may have been processed when it is retried', () => {
    const again = retried(first({}, { redelivered: true }));
    expect(deliveryOf(again, NOW).redelivered).toBe(true);
  });

  it('is published anew without what belongs to the publisher’s connection and to its first way', () => {
    const properties = propertiesOf(first({ CC: ['elsewhere'], 'x-death': [], list: [1] }), false, {});
    expect(properties).toMatchObject({
      userId: undefined,
      expiration: undefined,
      priority: 3,
      headers: { list: [1] },
    });
    expect(Object.keys(properties.headers as object)).toEqual(['list']);
  });
});

describe('a dead letter', () => {
  const reason = { code: 'PAYLOAD_NOT_JSON', message: 'No.' };
  const lying = (message: Message) =>
    received({ exchange: 'queue.dlx', routingKey: 'a.b' }, asLetter(message, { progress, reason }, NOW));

  it('keeps the message, and why and when it died', () => {
    const letter = letterOf(lying(retried(first({ a: 'x' }))));
    expect(letter).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      exchange: 'events',
      routingKey: 'a.b',
      body: Buffer.from('body'),
      messageId: 'm',
      headers: { a: 'x' },
      reason,
      attempts: 2,
      firstSeenAt: NOW - 5,
      diedAt: NOW,
    });
  });

  it('becomes a new message that remembers where it was published and who has it', () => {
    const message = lying(first({ a: 'x' }));
    const again = received({ exchange: '', routingKey: 'queue' }, asNewMessage(message, letterOf(message)));
    expect(deliveryOf(again, NOW + 9)).toMatchObject({
      exchange: 'events',
      routingKey: 'a.b',
      headers: { a: 'x' },
      redelivered: false,
      progress: { failures: 0, firstSeenAt: NOW - 5, done: ['file'], trace: 't' },
    });
  });

  const death = (exchange: string, key: string) => ({
    'x-death': [
      {
        reason: 'delivery_limit',
        exchange,
        queue: 'queue',
        'routing-keys': [key],
        time: { '!': 'timestamp', value: 1_800_000_000 },
      },
    ],
  });

  it('that RabbitMQ made has a code, the time of its death and an id that stays', () => {
    const message = received(
      { exchange: 'queue.dlx' },
      { messageId: 'm', headers: { a: 'x', ...death('events', 'a.b') } },
    );
    const letter = letterOf(message);
    expect(letter).toMatchObject({
      exchange: 'events',
      routingKey: 'a.b',
      headers: { a: 'x' },
      reason: { code: 'DELIVERY_LIMIT' },
      attempts: 0,
      firstSeenAt: NOW,
      diedAt: NOW,
    });
    expect(letterOf(message).id).toBe(letter.id);
    expect(letterOf({ ...message, content: Buffer.from('other') }).id).not.toBe(letter.id);
  });

  it('that RabbitMQ made of a retried message still knows what that knew', () => {
    const { properties } = retried(first({ a: 'x' }));
    const headers = { ...properties.headers, ...death('', 'queue') };
    const message = received({ exchange: 'queue.dlx', routingKey: 'queue' }, { ...properties, headers });
    expect(letterOf(message)).toMatchObject({
      exchange: 'events',
      routingKey: 'a.b',
      attempts: 2,
      firstSeenAt: NOW - 5,
    });
    const spoofed = received(
      { exchange: 'queue.dlx' },
      { headers: { ...properties.headers, ...death('real', 'r.k') } },
    );
    expect(letterOf(spoofed)).toMatchObject({ exchange: 'real', routingKey: 'r.k', attempts: 0 });
  });

  it('of a process that is gone says so, and knows what the message knew', () => {
    const { properties } = retried(first({ a: 'x' }));
    const orphan = (exchange: string, queue: string) => {
      const [entry] = death(exchange, 'events.returned.1')['x-death'];
      const headers = { ...properties.headers, 'x-death': [{ ...entry, queue, reason: 'expired' }] };
      return letterOf(received({ exchange: 'events.returned' }, { ...properties, headers }));
    };
    for (const letter of [
      orphan('events.wait.100', 'events.wait.100'),
      orphan('events.returned', 'events.returned.1'),
    ])
      expect(letter).toMatchObject({
        exchange: 'events',
        routingKey: 'a.b',
        attempts: 2,
        reason: { message: 'The process that was to try it again is gone.' },
      });
    expect(orphan('other.wait.100', 'other.wait.100').attempts).toBe(0);
  });

  it('has an id that ascends, also within one millisecond and when the clock is set back', () => {
    const ids = [NOW, NOW, NOW, NOW - 50, NOW + 1].map(newLetterId);
    expect([...ids].sort()).toEqual(ids);
  });
});
