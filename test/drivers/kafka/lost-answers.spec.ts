import type { RecordLog } from '../../../src/ports/record-log.port.js';
import { allWritten, codes, unusedName } from '../../contracts/record-log.support.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startKafkaBehindToxiproxy,
  type ProxiedKafka,
} from '../../support/servers/index.js';
import { openKafka } from './open-kafka.js';
import { discrepancies, distinct, Ledger } from './outcomes.js';
import { until } from './until.js';

describeWithServers(['kafka-cluster', 'toxiproxy'], 'Kafka whose answers are lost', () => {
  let kafka: ProxiedKafka;
  let direct: RecordLog;
  let log: RecordLog | undefined;

  beforeAll(async () => {
    kafka = await startKafkaBehindToxiproxy();
    direct = await openKafka(kafka.directBrokers);
  }, SERVER_START_MS);
  afterEach(async () => {
    await kafka.proxy.reset();
    await log?.close(5000);
    log = undefined;
  });
  afterAll(async () => {
    await direct?.close(5000);
    await kafka?.stop();
  });

  const silence = () =>
    kafka.proxy.addToxic('silence', { type: 'timeout', stream: 'downstream', attributes: { timeout: 0 } });
  const end = async (topic: string) => (await direct.offsets(topic))[0]!.next;

  /**
   * A topic that its broker leads, with one record. On a topic still being made a first attempt could fail and have its
   * producer replaced, and the new one could not connect once the answers are lost.
   */
  const readyTopic = async (ledger: Ledger) => {
    const topic = unusedName();
    allWritten(await ledger.append(direct, distinct(topic, 1, { partition: 0 })));
    return topic;
  };

  /** A topic with two records, and a ledger in which ten more were appended whose answer cannot come back. */
  const loseAnswers = async (timeoutMs: number) => {
    log = await openKafka(kafka.brokers, {
      gateway: { produceTimeoutMs: timeoutMs },
      variables: { KAFKA_PRODUCERS: '1', KAFKA_REQUEST_TIMEOUT_MS: '30000' },
    });
    const ledger = new Ledger();
    const topic = await readyTopic(ledger);
    allWritten(await ledger.append(log, distinct(topic, 1, { partition: 0 })));
    await silence();
    const lost = ledger.append(log, distinct(topic, 10, { partition: 0 }));
    await until('the log has them', async () => (await end(topic)) === 12);
    return { log, topic, ledger, lost };
  };

  it('asks again with the same numbers, and tells the true offsets', async () => {
    const { log, topic, ledger, lost } = await loseAnswers(15_000);
    await kafka.proxy.disable();
    await kafka.proxy.reset();
    const others = ledger.append(log, distinct(topic, 10, { partition: 0 }));
    expect(allWritten(await lost).map(({ offset }) => offset)).toEqual(
      Array.from({ length: 10 }, (_, i) => i + 2),
    );
    allWritten(await others);
    expect(await end(topic)).toBe(22);
    expect(await discrepancies(direct, [topic], ledger.sent)).toEqual([]);
  }, 30_000);

  it('does not take the next records for the lost ones, which it leaves unknown', async () => {
    const { log, topic, ledger, lost } = await loseAnswers(2000);
    await kafka.proxy.disable();
    expect(new Set(codes(await lost))).toEqual(new Set(['OUTCOME_UNKNOWN']));
    await kafka.proxy.reset();
    for (let i = 0; i < 3; i++) {
      const others = distinct(topic, 10, { partition: 0 });
      await until('others are written', async () => (await ledger.append(log, others)).every(({ ok }) => ok));
    }
    await ledger.settled();
    // More where a slow machine took longer than the deadline, and the same was appended once more.
    const written = ledger.count('ok');
    expect(written).toBeGreaterThanOrEqual(32);
    expect(await discrepancies(direct, [topic], ledger.sent)).toEqual([]);
    expect(await end(topic)).toBeGreaterThanOrEqual(written + 10);
  }, 30_000);

  it('tells later what became of a record whose answer came after the deadline', async () => {
    log = await openKafka(kafka.brokers, { gateway: { produceTimeoutMs: 1000 } });
    const ledger = new Ledger();
    const topic = await readyTopic(ledger);
    await until(
      'it is connected',
      async () => (await log!.append(distinct(topic, 1, { partition: 0 })))[0]!.ok,
    );
    const latency = { type: 'latency', stream: 'downstream', attributes: { latency: 2500 } } as const;
    await kafka.proxy.addToxic('slow', latency);
    const slow = await ledger.append(log, distinct(topic, 5, { partition: 0 }));
    expect(new Set(codes(slow))).toEqual(new Set(['OUTCOME_UNKNOWN']));
    await ledger.settled();
    expect(ledger.count('ok')).toBe(6);
    expect(await discrepancies(direct, [topic], ledger.sent)).toEqual([]);
  }, 30_000);

  it('says that nothing was written while there is no connection at all', async () => {
    log = await openKafka(kafka.brokers, { gateway: { produceTimeoutMs: 1500 } });
    const topic = unusedName();
    allWritten(await log.append(distinct(topic, 3, { partition: 0 })));
    await kafka.proxy.disable();
    const ledger = new Ledger();
    const first = await ledger.append(log, distinct(topic, 10, { partition: 0 }));
    expect(new Set(codes(first))).toEqual(new Set(['RECORD_LOG_UNAVAILABLE']));
    await expect(log.ping()).rejects.toMatchObject({ code: 'RECORD_LOG_UNAVAILABLE' });
    await kafka.proxy.enable();
    await until(
      'it recovers',
      async () => (await ledger.append(log!, distinct(topic, 10, { partition: 0 })))[0]!.ok,
    );
    expect(await discrepancies(direct, [topic], ledger.sent)).toEqual([]);
    await expect(log.ping()).resolves.toBeUndefined();
  }, 30_000);
});
