import type { RecordLog } from '../../../src/ports/record-log.port.js';
import { allWritten, codes, unusedName } from '../../contracts/record-log.support.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startedKafka,
  startPrivateKafka,
  type KafkaCluster,
} from '../../support/servers/index.js';
import { openKafka } from './open-kafka.js';
import { discrepancies, distinct, Ledger } from './outcomes.js';
import { createTopic, withAdmin } from './test-admin.js';
import { until } from './until.js';

describeWithServers(['kafka-cluster'], 'Kafka that creates no topics', () => {
  let kafka: KafkaCluster;
  let log: RecordLog;

  beforeAll(async () => {
    kafka = await startPrivateKafka({ autoCreate: false });
    log = await openKafka(kafka.brokers);
  }, SERVER_START_MS);
  afterAll(async () => {
    await log?.close(5000);
    await kafka?.stop();
  });

  it('answers TOPIC_UNKNOWN at once, and holds nobody else up', async () => {
    const known = unusedName();
    await createTopic(kafka.brokers, known);
    const begun = performance.now();
    const outcomes = await log.append([
      ...distinct(unusedName(), 3),
      ...distinct(known, 3),
      ...distinct(unusedName(), 1),
    ]);
    expect(codes(outcomes)).toEqual([
      ...new Array<string>(3).fill('TOPIC_UNKNOWN'),
      ...new Array<string>(3).fill('ok'),
      'TOPIC_UNKNOWN',
    ]);
    expect(performance.now() - begun).toBeLessThan(3000);
  });

  it('sees a topic that is created afterwards', async () => {
    const topic = unusedName();
    expect(codes(await log.append(distinct(topic, 1)))).toEqual(['TOPIC_UNKNOWN']);
    await createTopic(kafka.brokers, topic);
    await until('it is seen', async () => (await log.append(distinct(topic, 1)))[0]!.ok, 5000);
  });

  it('sees partitions that are added', async () => {
    const topic = unusedName();
    await createTopic(kafka.brokers, topic, { partitions: 2 });
    const ledger = new Ledger();
    const beyond = () => ledger.append(log, distinct(topic, 4, { partition: 3 }));
    expect(codes(await ledger.append(log, distinct(topic, 2, { partition: 1 })))).toEqual(['ok', 'ok']);
    expect(codes(await beyond())[0]).toBe('PARTITION_UNKNOWN');
    await withAdmin(kafka.brokers, (admin) =>
      admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] }),
    );
    await until('the new partition takes records', async () => (await beyond()).every(({ ok }) => ok));
    allWritten(await ledger.append(log, distinct(topic, 100, { partition: 2 })));
    expect(await discrepancies(log, [topic], ledger.sent)).toEqual([]);
  });

  it('says so when a topic is deleted, and writes to the others', async () => {
    const [gone, stays] = [unusedName(), unusedName()];
    for (const topic of [gone, stays]) await createTopic(kafka.brokers, topic, { partitions: 1 });
    allWritten(await log.append([...distinct(gone, 2), ...distinct(stays, 2)]));
    expect((await log.offsets(gone)).length).toBe(1);
    await withAdmin(kafka.brokers, (admin) => admin.deleteTopics({ topics: [gone] }));
    await until('it is gone', async () => codes(await log.append(distinct(gone, 1)))[0] === 'TOPIC_UNKNOWN');
    for (let i = 0; i < 5; i += 1) allWritten(await log.append(distinct(stays, 2)));
    expect(await log.offsets(stays)).toEqual([{ partition: 0, earliest: 0, next: 12 }]);
    await expect(log.offsets(gone)).rejects.toMatchObject({ code: 'TOPIC_UNKNOWN' });
    expect(await log.topics()).not.toContain(gone);
  }, 30_000);

  it('cuts a request that is over the topic’s limit, and refuses alone what is too large alone', async () => {
    const topic = unusedName();
    await createTopic(kafka.brokers, topic, { partitions: 1, config: { 'max.message.bytes': '50000' } });
    const ledger = new Ledger();
    const small = distinct(topic, 30).map((one) => ({
      ...one,
      value: `${String(one.value)}-${'x'.repeat(9000)}`,
    }));
    const large = { ...distinct(topic, 1)[0]!, value: 'y'.repeat(60_000) };
    const outcomes = await ledger.append(log, [...small.slice(0, 17), large, ...small.slice(17)]);
    expect(codes(outcomes)).toEqual([
      ...new Array<string>(17).fill('ok'),
      'RECORD_TOO_LARGE',
      ...new Array<string>(13).fill('ok'),
    ]);
    expect(allWritten(outcomes.filter(({ ok }) => ok)).map(({ offset }) => offset)).toEqual(
      Array.from({ length: 30 }, (_, i) => i),
    );
    expect(await discrepancies(log, [topic], ledger.sent)).toEqual([]);
  });

  it('refuses alone a record that does not suit the topic', async () => {
    const compacted = unusedName();
    const strict = unusedName();
    await createTopic(kafka.brokers, compacted, { partitions: 1, config: { 'cleanup.policy': 'compact' } });
    await createTopic(kafka.brokers, strict, { partitions: 1 });
    const inFiveHours = Date.now() + 5 * 3_600_000;
    const outcomes = await log.append([
      ...distinct(compacted, 2, { key: 'k' }),
      ...distinct(compacted, 1, { key: null }),
      ...distinct(compacted, 2, { key: 'k' }),
      ...distinct(strict, 2),
      ...distinct(strict, 1, { timestamp: inFiveHours }),
      ...distinct(strict, 2),
    ]);
    const refusedThird = ['ok', 'ok', 'RECORD_REFUSED', 'ok', 'ok'];
    expect(codes(outcomes)).toEqual([...refusedThird, ...refusedThird]);
  });
});

describeWithServers(['kafka'], 'Kafka that creates topics', () => {
  it(
    'writes to many new ones in one call',
    async () => {
      const { brokers } = await startedKafka();
      const log = await openKafka(brokers);
      const topics = Array.from({ length: 20 }, () => unusedName());
      const ledger = new Ledger();
      allWritten(
        await ledger.append(
          log,
          topics.flatMap((topic) => distinct(topic, 3)),
        ),
      );
      expect(await discrepancies(log, topics, ledger.sent)).toEqual([]);
      await log.close(5000);
    },
    SERVER_START_MS,
  );
});
