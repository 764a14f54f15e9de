// A process that publishes and consumes as hard as it can, and says on standard output what it knows: one JSON line
// each, written before anything else happens. It is killed by its parent. Arguments: the folder, and the round.
import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import driver from '../../../../dist/drivers/embedded/message-exchange.driver.js';

const [, , dataFolder, round] = process.argv;
const context = {
  dataFolder,
  gateway: { produceTimeoutMs: 15_000, readTimeoutMs: 15_000, idempotencyMaxKeys: 1_000 },
  logger: pino({ level: 'silent' }),
  metrics: new Registry(),
};
/** Not process.stdout: it keeps in memory what a parent that is busy has no room for, and a kill loses that. */
const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`);
const reason = { code: 'TARGET_REFUSED', message: 'it ends with 9' };

const exchange = await driver.open(driver.variables.parse({}), context);
const subscription = (queue, prefetch) => ({
  exchange: 'events',
  queue,
  bindings: ['#'],
  prefetch,
  retryDelaysMs: [20],
});

/** Those that end with 9 die, those that end with 8 fail twice first. */
function verdictOn({ messageId: id, progress }) {
  const next = { ...progress, failures: progress.failures + 1 };
  if (id.endsWith('9')) return { kind: 'dead', progress: next, reason };
  if (id.endsWith('8') && progress.failures < 2)
    return { kind: 'retry', delayMs: 20, progress: next, reason };
  return { kind: 'done' };
}

function handler(queue, onVerdict) {
  return (delivery) => {
    const { messageId: id, redelivered, progress, body, routingKey } = delivery;
    say({
      queue,
      delivered: id,
      redelivered,
      failures: progress.failures,
      whole: body.toString().startsWith(`${id} `) && routingKey === `key.${id}`,
    });
    const verdict = verdictOn(delivery);
    if (verdict.kind !== 'retry') onVerdict(id);
    return Promise.resolve(verdict);
  };
}

/** With a prefetch of 1, a delivery means that the verdict before it is carried out. */
function consumeOne() {
  let before = null;
  return exchange.consume(subscription('one', 1), async (delivery) => {
    if (before) say({ queue: 'one', settled: [before] });
    before = null;
    return handler('one', (id) => (before = id))(delivery);
  });
}

/** A stop that leaves nothing means that all verdicts are carried out. */
async function consumeMany() {
  for (;;) {
    const settled = [];
    const consumer = exchange.consume(
      subscription('many', 50),
      handler('many', (id) => settled.push(id)),
    );
    await isConsuming(consumer);
    many.resolve();
    await delay(60);
    if ((await consumer.stop(5_000)) === 0) say({ queue: 'many', settled });
  }
}

async function isConsuming(consumer) {
  while (consumer.state !== 'consuming') await delay(2);
}

async function publish(publisher) {
  for (let n = 0; ; n++) {
    const id = `${round}-${publisher}-${n}`;
    const body = Buffer.from(`${id} ${'x'.repeat((publisher * 31 + n) % 2_000)}`);
    const message = {
      exchange: 'events',
      routingKey: `key.${id}`,
      body,
      messageId: id,
      contentType: null,
      headers: null,
    };
    await exchange.publish({ ...message, timestamp: Date.now() });
    say({ published: id });
  }
}

/** Resolves when the queue is there. */
const many = {};
many.there = new Promise((resolve) => (many.resolve = resolve));

say({ ready: process.pid });
const one = consumeOne();
void consumeMany();
await Promise.all([isConsuming(one), many.there]);
await Promise.all(Array.from({ length: 4 }, (_, publisher) => publish(publisher)));
