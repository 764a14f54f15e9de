// A Kafka client as a contestant of bench/kafka-clients.mjs (its requests: `run` and `stop`, see bench/support/peer.mjs):
//   node bench/peers/kafka-client.mjs kafkajs|carillon|platformatic BROKER TOPIC FOLDER
//   {"do":"run","callers":8,"batch":1000,"seconds":6}    each caller sends its next records when the last are acknowledged;
//                                                        {"records":480000,"seconds":6.01,"cpu":4.2}
// FOLDER holds node_modules with @platformatic/kafka.
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serve } from '../support/peer.mjs';

const [name, broker, topic, folder] = process.argv.slice(2);

/** Each answers `send(from, count)`, which resolves when so many records are acknowledged, and `close`. */
const CLIENTS = {
  kafkajs: async () => {
    const { Kafka, logLevel } = await import('kafkajs');
    const kafka = new Kafka({ clientId: 'bench', brokers: [broker], logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ idempotent: true });
    await producer.connect();
    const message = (n) => ({ key: key(n), value: value(n), timestamp: String(Date.now()) });
    return {
      send: (from, count) => producer.send({ topic, acks: -1, messages: some(from, count, message) }),
      close: () => producer.disconnect(),
    };
  },
  carillon: async () => {
    const { default: driver } = await import('../../dist/drivers/kafka/record-log.driver.js');
    const { pino } = await import('pino');
    const { Registry } = await import('prom-client');
    const options = driver.variables.parse({
      KAFKA_BOOTSTRAP_SERVERS: broker,
      KAFKA_BUFFER_MEMORY: '268435456',
    });
    const log = await driver.open(options, {
      dataFolder: tmpdir(),
      gateway: { produceTimeoutMs: 15_000 },
      logger: pino({ level: 'warn' }, process.stderr),
      metrics: new Registry(),
    });
    const record = (n) => ({
      topic,
      partition: null,
      key: key(n),
      value: value(n),
      headers: null,
      timestamp: Date.now(),
    });
    return {
      send: async (from, count) => {
        const failed = (await log.append(some(from, count, record))).find(({ ok }) => !ok);
        if (failed) throw failed.error;
      },
      close: () => log.close(5000),
    };
  },
  platformatic: async () => {
    const entry = createRequire(join(folder, 'package.json')).resolve('@platformatic/kafka');
    const { Producer, ProduceAcks, stringSerializers } = await import(pathToFileURL(entry).href);
    const options = {
      clientId: 'bench',
      bootstrapBrokers: [broker],
      idempotent: true,
      acks: ProduceAcks.ALL,
      serializers: stringSerializers,
    };
    // It numbers records when they are acknowledged: an idempotent producer bears one call at a time.
    const producers = Array.from({ length: 4 }, () => new Producer(options));
    const last = producers.map(() => Promise.resolve());
    let turn = 0;
    const message = (n) => ({ topic, key: key(n), value: value(n), timestamp: BigInt(Date.now()) });
    return {
      send: (from, count) => {
        const at = (turn = (turn + 1) % producers.length);
        const messages = some(from, count, message);
        return (last[at] = last[at].then(() => producers[at].send({ messages })));
      },
      close: () => Promise.all(producers.map((producer) => producer.close())),
    };
  },
};

const PAD = 'x'.repeat(130);
const key = (n) => `user-${n % 1000}`;
/** About 200 bytes, as the records of bench/produce.mjs. */
const value = (n) => `{"n":${n},"action":"created","pad":"${PAD}"}`;
const some = (from, count, make) => Array.from({ length: count }, (_, index) => make(from + index));

const client = await CLIENTS[name]();
let next = 0;

await serve({
  run: async ({ callers, batch, seconds }) => {
    const [began, cpuAt] = [performance.now(), process.cpuUsage()];
    const until = began + seconds * 1000;
    let records = 0;
    const caller = async () => {
      while (performance.now() < until) {
        const from = next;
        next += batch;
        await client.send(from, batch);
        records += batch;
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
    const { user, system } = process.cpuUsage(cpuAt);
    return { records, seconds: (performance.now() - began) / 1000, cpu: (user + system) / 1e6 };
  },
  stop: () => client.close(),
});
