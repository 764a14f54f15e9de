import type { MessageExchange } from '../../../src/ports/message-exchange.port.js';
import { DONE, Inbox, message, retry } from '../../contracts/message-exchange.support.js';
import { eventually } from '../../support/eventually.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startPrivateRabbitmq,
  type RabbitmqServer,
} from '../../support/servers/index.js';
import { consuming, subscriptionOf } from './load.js';
import { openRabbitmq, unusedName } from './open-rabbitmq.js';

describeWithServers(['rabbitmq-private'], 'RabbitMQ that is short of memory', () => {
  let rabbitmq: RabbitmqServer;
  let exchange: MessageExchange;

  beforeAll(async () => {
    rabbitmq = await startPrivateRabbitmq();
    exchange = await openRabbitmq(rabbitmq.url, { gateway: { produceTimeoutMs: 1500 } });
  }, SERVER_START_MS);
  afterAll(async () => {
    await exchange?.close(2000);
    await rabbitmq?.release();
  });

  const setLimit = (fraction: string) => rabbitmq.ctl(['set_vm_memory_high_watermark', fraction]);
  /** What became of a publish, and how long it took. */
  const publish = async (name: string) => {
    const began = performance.now();
    const code = await exchange.publish(message(name)).then(
      () => 'ok',
      (error: { code: string; message: string }) => `${error.code} ${error.message}`,
    );
    return { code, ms: performance.now() - began };
  };

  it('says so at once, keeps what is to be retried, and goes on by itself', async () => {
    const name = unusedName();
    let door: (() => void) | undefined;
    const inbox = new Inbox(30_000, async (delivery, nth) => {
      if (nth > 1) return DONE;
      await new Promise<void>((resolve) => (door = resolve));
      return retry(delivery, 100);
    });
    const consumer = await consuming(exchange.consume(subscriptionOf(name, name), inbox.handle));
    expect((await publish(name)).code).toBe('ok');
    await inbox.has(1);

    await setLimit('0.0000001');
    // RabbitMQ tells a connection of the alarm when it publishes: that message is held, and may still come.
    expect((await publish(name)).code).toMatch(/^OUTCOME_UNKNOWN/);
    await expect(exchange.ping()).rejects.toMatchObject({
      code: 'EXCHANGE_UNAVAILABLE',
      message: expect.stringContaining('short of memory'),
    });
    await eventually(async () => {
      const { code, ms } = await publish(name);
      expect(code).toMatch(/^EXCHANGE_UNAVAILABLE .*short of memory/);
      expect(ms).toBeLessThan(500); // not after the deadline
    });
    door!();
    expect(consumer.state).toBe('consuming');

    await setLimit('0.4');
    await eventually(() => exchange.ping());
    expect((await publish(name)).code).toBe('ok');
    // The first one again, the one that was held, the last one.
    await inbox.has(4);
    const tried = inbox.got.filter(({ progress }) => progress.failures === 1);
    expect(new Set(tried.map(({ messageId }) => messageId))).toEqual(new Set([inbox.got[0]!.messageId]));
    expect(await consumer.stop(5000)).toBe(0);
  }, 60_000);
});
