import { createHash, randomUUID } from 'node:crypto';
import type {
  Consumer,
  DeadLetter,
  Delivery,
  Handler,
  MessageExchange,
  NewMessage,
  Progress,
  Subscription,
  Verdict,
} from '../../src/ports/message-exchange.port.js';
import { eventually } from '../support/eventually.js';

/** What a suite is given: the exchange that `open` opened, and names nobody used, for exchanges and queues. */
export interface OpenExchange {
  exchange: MessageExchange;
  /** At most 100 bytes. */
  newName(): string;
  /** Closes what was opened, the port included; harmless when that is closed already. */
  close(): Promise<void>;
}

/** What of the suite depends on how the driver was set up. */
export interface MessageExchangeFacts {
  /** For one test. */
  timeoutMs: number;
  /** Something is expected within so many milliseconds. */
  patienceMs: number;
}

export const DONE: Verdict = { kind: 'done' };
export const REASON = { code: 'TARGET_REFUSED', message: 'Das Ziel wollte nicht 📦.' };

let count = 0;

/** A message unlike any other, unless `fields` say otherwise. */
export function message(exchange: string, fields: Partial<NewMessage> = {}): NewMessage {
  count += 1;
  return {
    exchange,
    routingKey: 'expense.created',
    body: Buffer.from(JSON.stringify({ n: count, text: 'größer 📦' })),
    messageId: randomUUID(),
    contentType: 'application/json',
    headers: null,
    timestamp: 1_750_000_000_000 + count,
    ...fields,
  };
}

/** What a failed attempt adds to what a delivery carried. */
export function failedOnce({ progress, messageId }: Delivery, done: readonly string[] = []): Progress {
  return { ...progress, failures: progress.failures + 1, done, trace: messageId ?? `trace-${count}` };
}

export function retry(delivery: Delivery, delayMs: number): Verdict {
  return { kind: 'retry', delayMs, progress: failedOnce(delivery), reason: REASON };
}

export function dead(delivery: Delivery): Verdict {
  return { kind: 'dead', progress: failedOnce(delivery), reason: REASON };
}

type Kept = Pick<NewMessage, 'exchange' | 'routingKey' | 'messageId' | 'headers' | 'body'>;

/** What must stay as the publisher gave it, as a comparable thing. */
export function kept({ exchange, routingKey, messageId, headers, body }: Kept | DeadLetter) {
  const sha = createHash('sha256').update(body).digest('hex');
  return { exchange, routingKey, messageId, headers: { ...headers }, bytes: body.length, sha };
}

/** The same of many, in an order of their own: none is promised. */
export function keptOfAll(all: readonly (Kept | DeadLetter)[]) {
  return all.map(kept).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Notes what a consumer is handed, and answers as the test says. */
export class Inbox {
  readonly got: Delivery[] = [];
  inHand = 0;
  mostInHand = 0;

  constructor(
    private readonly patienceMs: number,
    private readonly answer: (delivery: Delivery, nth: number) => Verdict | Promise<Verdict> = () => DONE,
  ) {}

  readonly handle: Handler = async (delivery) => {
    this.got.push(delivery);
    this.inHand += 1;
    this.mostInHand = Math.max(this.mostInHand, this.inHand);
    try {
      return await this.answer(delivery, this.got.length);
    } finally {
      this.inHand -= 1;
    }
  };

  get keys(): string[] {
    return this.got.map(({ routingKey }) => routingKey).sort();
  }

  /** The deliveries, as soon as there are `count`, or more. */
  has(atLeast: number): Promise<Delivery[]> {
    return this.until(() => {
      if (this.got.length < atLeast) throw new Error(`${this.got.length} of ${atLeast} deliveries came`);
      return this.got;
    });
  }

  until<T>(check: () => Promise<T> | T): Promise<T> {
    return eventually(check, this.patienceMs);
  }
}

/** A door that handlers wait at. */
export function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

export interface Subscribed {
  consumer: Consumer;
  inbox: Inbox;
  /** The topic exchange's name. */
  name: string;
  /** The durable queue's name; null for a queue of the process's own. */
  queue: string | null;
}

/** Opens subscriptions for one suite, and ends them after each test. */
export class Subscriber {
  private readonly running: Consumer[] = [];

  constructor(
    private readonly opened: () => OpenExchange,
    private readonly patienceMs: number,
  ) {}

  /** A subscription with names of its own unless `fields` say otherwise, as soon as it delivers. */
  async to(
    fields: Partial<Subscription> = {},
    answer?: (delivery: Delivery, nth: number) => Verdict | Promise<Verdict>,
    port = this.opened(),
  ): Promise<Subscribed> {
    const subscription: Subscription = {
      bindings: ['#'],
      prefetch: 10,
      retryDelaysMs: [100, 30_000],
      ...fields,
      exchange: fields.exchange ?? port.newName(),
      queue: fields.queue === undefined ? port.newName() : fields.queue,
    };
    const inbox = new Inbox(this.patienceMs, answer);
    const consumer = port.exchange.consume(subscription, inbox.handle);
    this.running.push(consumer);
    await eventually(() => {
      if (consumer.state !== 'consuming') throw consumer.trouble ?? new Error(`still ${consumer.state}`);
    }, this.patienceMs);
    return { consumer, inbox, name: subscription.exchange, queue: subscription.queue };
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.running.splice(0).map((consumer) => consumer.stop(this.patienceMs)));
  }
}

/** What a part of the suite works with. */
export interface Suite {
  opened: () => OpenExchange;
  /** Another port on the same storage. */
  open: () => Promise<OpenExchange>;
  subscribe: Subscriber;
  facts: MessageExchangeFacts;
}

/** Both kinds of queue. */
export const QUEUES: [kind: string, queue: null | undefined][] = [
  ['durable', undefined],
  ['own', null],
];
