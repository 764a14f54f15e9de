import { setImmediate as turn } from 'node:timers/promises';
import type { MessageExchange, Verdict } from '../../../src/ports/message-exchange.port.js';
import { DONE, message } from '../../contracts/message-exchange.support.js';
import { eventually } from '../../support/eventually.js';
import { describeWithServers, SERVER_START_MS, startedRabbitmq } from '../../support/servers/index.js';
import { consuming, subscriptionOf } from './load.js';
import { openRabbitmq, unusedName } from './open-rabbitmq.js';

const IN_HAND = 200;

describeWithServers(['rabbitmq'], 'a stop', () => {
  let url: string;
  let exchange: MessageExchange;

  beforeAll(async () => {
    ({ url } = await startedRabbitmq());
    exchange = await openRabbitmq(url);
  }, SERVER_START_MS);
  afterAll(() => exchange?.close(5000));

  // RabbitMQ keeps acknowledgements back while more than 32 are on their way, and forgets them with the channel.
  it.each([1, 2, 3])('loses no acknowledgement of many that were sent one by one (%d)', async () => {
    const name = unusedName();
    const finish: (() => void)[] = [];
    const hold = () => new Promise<Verdict>((resolve) => finish.push(() => resolve(DONE)));
    const subscription = subscriptionOf(name, name, { prefetch: IN_HAND });
    const consumer = await consuming(exchange.consume(subscription, hold));
    await Promise.all(Array.from({ length: IN_HAND }, () => exchange.publish(message(name))));
    await eventually(() => expect(finish).toHaveLength(IN_HAND));

    const stopped = consumer.stop(10_000);
    // The newest first: none can be covered by another's acknowledgement.
    for (const done of finish.reverse()) {
      done();
      await turn();
    }
    expect(await stopped).toBe(0);

    const bodies: string[] = [];
    const note = ({ body }: { body: Buffer }) => {
      bodies.push(String(body));
      return Promise.resolve(DONE);
    };
    await consuming(exchange.consume(subscription, note));
    await exchange.publish(message(name, { body: Buffer.from('the last') }));
    await eventually(() => expect(bodies).toContain('the last'));
    expect(bodies).toEqual(['the last']);
  });
});
