import { closing } from './message-exchange.closing.js';
import { deadLettering } from './message-exchange.dead-letters.js';
import { delivering } from './message-exchange.delivering.js';
import { retrying } from './message-exchange.retrying.js';
import { routing } from './message-exchange.routing.js';
import {
  Subscriber,
  message,
  type MessageExchangeFacts,
  type OpenExchange,
  type Suite,
} from './message-exchange.support.js';

const DEFAULTS: MessageExchangeFacts = { timeoutMs: 60_000, patienceMs: 15_000 };

/**
 * The promises of MessageExchange as tests; every driver runs them.
 *
 * `open` may be called several times, also while an earlier port is open: all of them are on the same storage. Every
 * test uses exchanges and queues of its own; a queue is consumed by one of the ports at a time.
 */
export function describeMessageExchange(
  driver: string,
  open: () => Promise<OpenExchange>,
  options: Partial<MessageExchangeFacts> = {},
): void {
  const facts = { ...DEFAULTS, ...options };

  describe(`MessageExchange (${driver})`, () => {
    let shared: OpenExchange;
    const opened = () => shared;
    const suite: Suite = { opened, open, subscribe: new Subscriber(opened, facts.patienceMs), facts };
    beforeAll(async () => {
      shared = await open();
    }, facts.timeoutMs);
    afterEach(() => suite.subscribe.stopAll(), facts.timeoutMs);
    afterAll(() => shared.close(), facts.timeoutMs);

    describe('as a port', () => asPort(driver, suite));
    describe('routing', () => routing(suite));
    describe('delivering', () => delivering(suite));
    describe('retrying', () => retrying(suite));
    describe('dead letters', () => deadLettering(suite));
    describe('closing', () => closing(suite));
  });
}

function asPort(driver: string, { opened, subscribe, facts }: Suite): void {
  it(
    'names its driver, answers a ping, and says what its consumers do',
    async () => {
      const { exchange } = opened();
      expect(exchange.driver).toBe(driver);
      await expect(exchange.ping()).resolves.toBeUndefined();
      const { consumer, inbox, name, queue } = await subscribe.to();
      expect(consumer).toMatchObject({ state: 'consuming', trouble: null, queue });
      await exchange.publish(message(name));
      await inbox.has(1);
      expect(await consumer.stop(facts.patienceMs)).toBe(0);
      expect(consumer.state).toBe('stopped');
    },
    facts.timeoutMs,
  );

  it(
    'names a queue of the process’s own once it has a name',
    async () => {
      const { consumer } = await subscribe.to({ queue: null });
      expect(consumer.queue).toEqual(expect.stringMatching(/./));
    },
    facts.timeoutMs,
  );
}
