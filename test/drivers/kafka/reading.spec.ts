import { Kafka, logLevel } from 'kafkajs';
import type { RecordLog } from '../../../src/ports/record-log.port.js';
import { allWritten, readAll, unusedName } from '../../contracts/record-log.support.js';
import { eventually } from '../../support/eventually.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startedKafka,
  startPrivateKafka,
} from '../../support/servers/index.js';
import { openKafka } from './open-kafka.js';
import { distinct } from './outcomes.js';
import { createTopic, withAdmin } from './test-admin.js';
import { until } from './until.js';

describeWithServers(['kafka'], 'reading from Kafka', () => {
  let brokers: string[];
  let log: RecordLog;

  beforeAll(async () => {
    brokers = (await startedKafka()).brokers;
    log = await openKafka(brokers, { variables: { KAFKA_READERS: '2' } });
  }, SERVER_START_MS);
  afterAll(() => log?.close(10_000));

  const groups = () =>
    withAdmin(brokers, async (admin) => (await admin.listGroups()).groups.map(({ groupId }) => groupId));

  it('refuses at once when all readers are busy', async () => {
    const topics = Array.from({ length: 5 }, () => unusedName());
    allWritten(await log.append(topics.flatMap((topic) => distinct(topic, 5, { partition: 0 }))));
    const results = await Promise.allSettled(
      topics.map((topic) => log.read({ topic, partition: 0, offset: 0, limit: 5 })),
    );
    const codes = results.map((result) =>
      result.status === 'fulfilled' ? result.value.records.length : (result.reason as { code: string }).code,
    );
    expect([...codes].sort()).toEqual([5, 5, 'READERS_BUSY', 'READERS_BUSY', 'READERS_BUSY']);
    for (const topic of topics) {
      expect((await log.read({ topic, partition: 0, offset: 4, limit: 5 })).nextOffset).toBe(5);
    }
  });

  it('leaves no consumer group behind', async () => {
    const own = await openKafka(brokers);
    const before = new Set(await groups());
    const topic = unusedName();
    allWritten(await own.append(distinct(topic, 20, { partition: 0 })));
    await own.read({ topic, partition: 0, offset: 0, limit: 5 });
    const abort = new AbortController();
    const records = await own.tail(topic, abort.signal);
    allWritten(await own.append(distinct(topic, 1, { partition: 0 })));
    for await (const group of records) if (group.length > 0) break;
    expect((await groups()).filter((group) => !before.has(group)).length).toBeGreaterThan(0);
    await own.close(10_000);
    await until('they are gone', async () =>
      (await groups()).every((group) => !group.startsWith('carillon-reader-') || before.has(group)),
    );
  }, 30_000);

  it('passes over what transactions leave in the log, and shows none that is open or aborted', async () => {
    const topic = unusedName();
    await createTopic(brokers, topic, { partitions: 1 });
    const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 10 } });
    const producer = kafka.producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    const inTransaction = async (value: string) => {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value }, { value }] });
      return transaction;
    };
    await (await inTransaction('committed')).commit();
    await (await inTransaction('aborted')).abort();
    const shown = async (offset: number) => {
      const { records, nextOffset } = await log.read({ topic, partition: 0, offset, limit: 10 });
      return [records.map((record) => `${record.offset} ${String(record.value)}`), nextOffset];
    };
    expect(await shown(0)).toEqual([['0 committed', '1 committed'], 6]);
    expect(await shown(2)).toEqual([[], 6]);
    allWritten(await log.append(distinct(topic, 1)));
    const open = await inTransaction('open');
    const [records, next] = await shown(5);
    expect([(records as string[]).length, next]).toEqual([1, 7]);
    expect(await shown(7)).toEqual([[], 7]);
    await open.commit();
    await until('they are shown', async () => (await shown(7))[1] === 10);
    await producer.disconnect();
  }, 40_000);

  it('begins at the earliest record that is left', async () => {
    const topic = unusedName();
    allWritten(await log.append(distinct(topic, 10, { partition: 0 })));
    await withAdmin(brokers, (admin) =>
      // A broker may not know yet that it leads the other partitions of a new topic.
      eventually(async () => {
        await admin.fetchTopicOffsets(topic); // or the admin does not know the topic
        await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '7' }] });
      }, 20_000),
    );
    const page = await log.read({ topic, partition: 0, offset: 0, limit: 10 });
    expect(page.records.map(({ offset }) => offset)).toEqual([7, 8, 9]);
  }, 40_000);

  it('brings a follower that does not read few records at once, and all of them in the end', async () => {
    const topic = unusedName();
    allWritten(await log.append(distinct(topic, 1, { partition: 0 })));
    const abort = new AbortController();
    const tail = await log.tail(topic, abort.signal);
    const value = 'x'.repeat(30_000);
    for (const one of distinct(topic, 40, { partition: 0 }))
      allWritten(await log.append([{ ...one, value }]));
    let count = 0;
    for await (const group of tail) {
      expect(group.length).toBeLessThan(5);
      if ((count += group.length) === 40) break;
    }
    abort.abort();
  }, 30_000);

  it('bounds a page by bytes', async () => {
    const topic = unusedName();
    const value = 'x'.repeat(500_000);
    const sent = distinct(topic, 40, { partition: 0 }).map((one) => ({ ...one, value }));
    allWritten(await log.append(sent));
    const page = await log.read({ topic, partition: 0, offset: 0, limit: 100 });
    expect(page.records.length).toBeGreaterThan(5);
    expect(page.records.length).toBeLessThan(10);
    expect(page.nextOffset).toBe(page.records.length);
    expect((await readAll(log, topic)).length).toBe(40);
  }, 30_000);

  it('compresses, and writes without waiting for all, as it is told', async () => {
    const settings = ['KAFKA_COMPRESSION=gzip', 'KAFKA_ACKS=1', 'KAFKA_ACKS=0'];
    for (const setting of settings) {
      const variables = Object.fromEntries([setting.split('=')]) as Record<string, string>;
      const lines: Record<string, unknown>[] = [];
      const other = await openKafka(brokers, { variables, lines });
      const topic = unusedName();
      allWritten(await log.append(distinct(topic, 1, { partition: 1 }))); // without acks a new topic may lose some
      const sent = distinct(topic, 200, { partition: 1 });
      const offsets = allWritten(await other.append(sent)).map(({ offset }) => offset);
      const expected = Array.from({ length: 200 }, (_, i) => (variables.KAFKA_ACKS === '0' ? -1 : i + 1));
      expect(offsets).toEqual(expected);
      await until('all can be read', async () => (await readAll(other, topic)).length === 201);
      expect(lines.some(({ msg }) => String(msg).includes('idempotence is off'))).toBe(
        'KAFKA_ACKS' in variables,
      );
      await other.close(5000);
    }
  }, 40_000);

  it('puts keys where the Python server put them, when told so', async () => {
    const other = await openKafka(brokers, { variables: { KAFKA_PARTITIONER: 'consistent_random' } });
    const topic = unusedName();
    const crcs = { '23456': 0xb1b451d7, hejsan: 0xd077037e }; // librdkafka, tests/0048-partitioner.c
    const places = allWritten(
      await other.append(Object.keys(crcs).map((key) => distinct(topic, 1, { key })[0]!)),
    );
    expect(places.map(({ partition }) => partition)).toEqual(Object.values(crcs).map((crc) => crc % 3));
    await other.close(5000);
  });
});

describeWithServers(['kafka-cluster'], 'reading from Kafka that falls silent', () => {
  it(
    'gives up at its deadline, and reads again afterwards',
    async () => {
      const kafka = await startPrivateKafka();
      const log = await openKafka(kafka.brokers, {
        gateway: { readTimeoutMs: 2000 },
        variables: { KAFKA_REQUEST_TIMEOUT_MS: '1000' },
      });
      try {
        const topic = unusedName();
        allWritten(await log.append(distinct(topic, 500, { partition: 0 })));
        const read = () => log.read({ topic, partition: 0, offset: 0, limit: 10 });
        expect((await read()).records.length).toBe(10);
        await kafka.pauseBroker(1);
        const begun = performance.now();
        await expect(read()).rejects.toMatchObject({ retryable: true });
        expect(performance.now() - begun).toBeLessThan(6000);
        await kafka.resumeBroker(1);
        await until('it reads again', async () => (await read()).records.length === 10);
      } finally {
        await log.close(5000);
        await kafka.stop();
      }
    },
    SERVER_START_MS,
  );
});
