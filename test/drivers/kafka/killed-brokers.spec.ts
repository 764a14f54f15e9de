import { setTimeout as delay } from 'node:timers/promises';
import type { NewRecord, RecordLog } from '../../../src/ports/record-log.port.js';
import { unusedName } from '../../contracts/record-log.support.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startKafkaCluster,
  type KafkaCluster,
} from '../../support/servers/index.js';
import { openKafka } from './open-kafka.js';
import { discrepancies, distinct, Ledger } from './outcomes.js';
import { createTopic, inSync, withAdmin } from './test-admin.js';
import { until } from './until.js';

const KILLS = 10;
const CALLERS = 12;
const PARTITIONS = 6;

describeWithServers(['kafka-cluster'], 'three brokers, one killed now and then', () => {
  let kafka: KafkaCluster;
  let log: RecordLog;

  beforeAll(async () => {
    kafka = await startKafkaCluster();
    log = await openKafka(kafka.brokers);
  }, SERVER_START_MS);
  afterAll(async () => {
    await log?.close(10_000);
    await kafka?.stop();
  }, 30_000);

  /** Twelve callers, each with one call at a time, until `stop` aborts. */
  const load = async (topics: string[], ledger: Ledger, stop: AbortSignal) => {
    const caller = async (n: number) => {
      for (let call = n; !stop.aborted; call += 1) {
        const topic = topics[call % topics.length]!;
        await ledger.append(log, distinct(topic, 1 + (call % 20), choice(call)));
        await delay(15);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, (_, n) => caller(n)));
  };

  const allInSync = (topics: string[]) =>
    until(
      'all replicas are in sync',
      () => withAdmin(kafka.brokers, (admin) => inSync(admin, topics, 3)),
      60_000,
    );

  it('keeps every record that it said was written, where it said, through ten kills', async () => {
    const topics = [unusedName(), unusedName()];
    for (const topic of topics) await createTopic(kafka.brokers, topic, { partitions: PARTITIONS });
    const ledger = new Ledger();
    const stop = new AbortController();
    const loading = load(topics, ledger, stop.signal);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const node = 1 + (kill % 3);
      const before = ledger.count('ok');
      await until('the load runs', () => ledger.count('ok') > before + 300);
      await kafka.killBroker(node);
      const dead = ledger.count('ok');
      await until('it goes on with two brokers', () => ledger.count('ok') > dead + 300);
      await kafka.startBroker(node);
      await allInSync(topics);
    }
    stop.abort();
    await loading;
    await ledger.settled();
    expect(ledger.count('ok')).toBeGreaterThan(KILLS * 600);
    expect(await discrepancies(log, topics, ledger.sent)).toEqual([]);
  }, 240_000);

  it('is not harmed by a topic whose only broker is dead', async () => {
    const [lonely, well] = [unusedName(), unusedName()];
    await createTopic(kafka.brokers, lonely, { replicas: [[2], [2], [2]] });
    await createTopic(kafka.brokers, well);
    const ledger = new Ledger();
    const write = (topic: string) => ledger.append(log, distinct(topic, 10, { key: `key-${Math.random()}` }));
    await write(lonely);
    await kafka.killBroker(2);
    try {
      await until('the others lead what it led', async () => (await write(well)).every(({ ok }) => ok));
      const stuck = write(lonely);
      for (let i = 0; i < 30; i += 1) await write(well);
      const fresh = await openKafka(kafka.brokers);
      expect((await fresh.append(distinct(well, 1)))[0]).toMatchObject({ ok: true });
      await fresh.close(1000);
      expect((await stuck).some(({ ok }) => ok)).toBe(false);
    } finally {
      await kafka.startBroker(2);
    }
    await until('the topic is back', async () => (await write(lonely)).every(({ ok }) => ok));
    await ledger.settled();
    expect(await discrepancies(log, [lonely, well], ledger.sent)).toEqual([]);
    expect(ledger.sent.filter(({ outcome }) => !outcome.ok).length).toBeLessThanOrEqual(30);
  }, 90_000);
});

function choice(call: number): Partial<NewRecord> {
  if (call % 3 === 0) return { key: `key-${call % 50}` };
  return call % 3 === 1 ? { partition: call % PARTITIONS } : {};
}
