import { afterEach, describe, expect, it } from '@jest/globals';
import type { TargetSettings } from '../../src/config/emitter-settings.js';
import { systemClock } from '../../src/core/clock.js';
import { Circuits } from '../../src/modules/emitter/targets/circuits.js';
import { openTarget } from '../../src/modules/emitter/targets/open-targets.js';
import { MessageExchange, type Delivery } from '../../src/ports/message-exchange.port.js';
import { OpenPorts } from '../../src/ports/open-ports.js';
import { RecordLog } from '../../src/ports/record-log.port.js';
import { newSender } from '../http-sender/posting.js';
import { openBoth, openExchange } from '../drivers/embedded/support/open.js';
import { driverContext } from '../support/driver-context.js';
import { eventually } from '../support/eventually.js';
import { emitterTo, limits, listeningLogger, messageOf } from './emitting.js';

const { logger } = listeningLogger();
const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

function targetOn(port: RecordLog | MessageExchange, settings: TargetSettings) {
  const ports = new OpenPorts(new Map([[port instanceof RecordLog ? RecordLog : MessageExchange, port]]));
  const circuits = new Circuits({ circuitFailures: 5, circuitOpenMs: 1000 }, systemClock);
  return openTarget(emitterTo(settings), {
    sender: newSender(),
    clock: systemClock,
    logger,
    circuits,
    ports,
  });
}

describe('the embedded drivers as targets', () => {
  it('a topic has the body as it is, under the key', async () => {
    const { log, close } = await openBoth(await driverContext());
    open.push(close);
    const target = targetOn(log, { kind: 'topic', topic: 'ticks', key: 'k', headers: { a: 'b' } });
    const message = messageOf({ body: '{"id": 12345678901234567890, "x": 1.0}' });
    expect(await target.send(message, limits())).toMatchObject({ end: 'delivered', attempts: 1 });
    const { partition } = (await log.offsets('ticks')).find(({ next }) => next > 0)!;
    const { records } = await log.read({ topic: 'ticks', partition, offset: 0, limit: 10 });
    expect(records).toHaveLength(1);
    expect(records[0]!.value?.toString()).toBe(message.body);
    expect(records[0]).toMatchObject({ headers: { a: 'b', 'idempotency-key': message.key } });
    await log.close(1000);
    expect(await target.send(message, limits())).toMatchObject({ end: 'given up', aborted: true });
  });

  it('an exchange has it under the key as message id, and refuses what nobody is bound for', async () => {
    const { exchange, close } = await openExchange(await driverContext());
    open.push(close);
    const target = targetOn(exchange, {
      kind: 'exchange',
      exchange: 'e',
      routingKey: 'tick.alpha',
      headers: {},
    });
    const refused = await target.send(messageOf(), limits());
    expect(refused).toMatchObject({ end: 'refused', attempts: 1, mayHaveArrived: false });
    expect(refused.reason).toMatch(/^UNROUTABLE: /);
    const arrived: Delivery[] = [];
    const subscription = {
      exchange: 'e',
      queue: 'q',
      bindings: ['tick.*'],
      prefetch: 10,
      retryDelaysMs: [1000],
    };
    const consumer = exchange.consume(subscription, (delivery) => {
      arrived.push(delivery);
      return Promise.resolve({ kind: 'done' });
    });
    await eventually(() => expect(consumer.state).toBe('consuming'));
    const message = messageOf();
    expect(await target.send(message, limits())).toMatchObject({ end: 'delivered', attempts: 1 });
    await eventually(() => expect(arrived).toHaveLength(1));
    const { messageId, body, routingKey, contentType } = arrived[0]!;
    expect({ messageId, routingKey, contentType }).toEqual({
      messageId: message.key,
      routingKey: 'tick.alpha',
      contentType: 'application/json',
    });
    expect(body.toString()).toBe(message.body);
    await consumer.stop(1000);
  });
});
