import type { RecordLog } from '../../../src/ports/record-log.port.js';
import { allWritten, codes, unusedName } from '../../contracts/record-log.support.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startPrivateKafka,
  type KafkaCluster,
} from '../../support/servers/index.js';
import { openKafka } from './open-kafka.js';
import { discrepancies, distinct, Ledger } from './outcomes.js';
import { until } from './until.js';

describeWithServers(['kafka-cluster'], 'Kafka that is away', () => {
  let kafka: KafkaCluster;
  let log: RecordLog | undefined;

  beforeAll(async () => {
    kafka = await startPrivateKafka();
  }, SERVER_START_MS);
  afterEach(async () => {
    await log?.close(2000);
  });
  afterAll(() => kafka?.stop());

  it('is waited for from the start on: 503 within the deadline, then all works', async () => {
    await kafka.killBroker(1);
    const lines: Record<string, unknown>[] = [];
    log = await openKafka(kafka.brokers, { gateway: { produceTimeoutMs: 1000, readTimeoutMs: 1000 }, lines });
    const topic = unusedName();
    const begun = performance.now();
    expect(codes(await log.append(distinct(topic, 2)))).toEqual([
      'RECORD_LOG_UNAVAILABLE',
      'RECORD_LOG_UNAVAILABLE',
    ]);
    expect(performance.now() - begun).toBeLessThan(1500);
    expect(log.wasReady).toBe(false);
    for (const asked of [log.ping(), log.topics(), log.offsets(topic)]) {
      await expect(asked).rejects.toMatchObject({ code: 'RECORD_LOG_UNAVAILABLE', retryable: true });
    }
    const errors = lines.filter(({ level }) => Number(level) >= 50);
    expect(errors.map(({ msg }) => String(msg))).toEqual([
      expect.stringContaining('KAFKA_BOOTSTRAP_SERVERS'),
    ]);
    await kafka.startBroker(1);
    const ledger = new Ledger();
    await until('it takes records', async () => (await ledger.append(log!, distinct(topic, 3)))[0]!.ok);
    expect(log.wasReady).toBe(true);
    expect(await discrepancies(log, [topic], ledger.sent)).toEqual([]);
  }, 60_000);

  it('has what waits sent when it comes back within the deadline', async () => {
    log = await openKafka(kafka.brokers, { gateway: { produceTimeoutMs: 40_000 } });
    const topic = unusedName();
    const ledger = new Ledger();
    allWritten(await ledger.append(log, distinct(topic, 3)));
    await kafka.killBroker(1);
    const waiting = Array.from({ length: 50 }, (_, i) =>
      ledger.append(log!, distinct(topic, 20, { partition: i % 3 })),
    );
    await kafka.startBroker(1);
    allWritten((await Promise.all(waiting)).flat());
    expect(await discrepancies(log, [topic], ledger.sent)).toEqual([]);
  }, 60_000);

  it('lets go of what it could not send: the buffer is empty again', async () => {
    log = await openKafka(kafka.brokers, {
      gateway: { produceTimeoutMs: 1000 },
      variables: { KAFKA_BUFFER_MEMORY: '1000000' },
    });
    const topic = unusedName();
    allWritten(await log.append(distinct(topic, 3)));
    await kafka.killBroker(1);
    // A request may still leave on a connection whose end is not noticed yet: OUTCOME_UNKNOWN, rightly.
    const nothingLeaves = async () => {
      const outcomes = await log!.append([0, 1, 2].flatMap((partition) => distinct(topic, 1, { partition })));
      return codes(outcomes).every((code) => code === 'RECORD_LOG_UNAVAILABLE');
    };
    await until('nothing leaves any more', nothingLeaves);
    const large = () => distinct(topic, 8).map((one) => ({ ...one, value: 'x'.repeat(100_000) }));
    for (let i = 0; i < 3; i += 1) {
      const filling = log.append(large());
      expect(() => log!.append(large())).toThrow(
        expect.objectContaining({ code: 'BUFFER_FULL', retryAfterS: 1 }),
      );
      expect(new Set(codes(await filling))).toEqual(new Set(['RECORD_LOG_UNAVAILABLE']));
    }
    const stopping = log.append(large());
    expect(await log.close(100)).toMatch('8 records were not confirmed');
    expect(new Set(codes(await stopping))).toEqual(new Set(['SHUTTING_DOWN']));
    await kafka.startBroker(1);
  }, 60_000);
});
