import { AppError } from '../../src/core/errors.js';
import { partitionOfKey } from '../../src/core/murmur2.js';
import type { AppendOutcome, NewRecord } from '../../src/ports/record-log.port.js';
import {
  allWritten,
  codes,
  expectExactly,
  readAll,
  record,
  shapeOf,
  shapeOfSent,
  unusedName,
  type OpenLog,
  type RecordLogFacts,
} from './record-log.support.js';

/** The promises of `append` and what follows from them. */
export function appending(opened: () => OpenLog, facts: RecordLogFacts): void {
  const { partitions, timeoutMs } = facts;

  it(
    'keeps every byte: unicode, binary, empty, tombstone, headers, timestamp',
    async () => {
      const { log } = opened();
      const topic = await opened().newTopic();
      const sent = [
        record(topic, { key: 'ключ-鍵-🔑', value: '{"größe":"größer","emoji":"📦"}' }),
        record(topic, { key: Buffer.from([0, 255, 128, 10]), value: Buffer.from([255, 0, 254, 195, 40]) }),
        record(topic, { key: 'gone', value: null }),
        record(topic, { key: '', value: '' }),
        record(topic, { key: null, value: Buffer.alloc(0) }),
        record(topic, { headers: { plain: 'text', 'x-größe': 'äöü 🎈', empty: '' } }),
        record(topic, { headers: {} }),
        record(topic, { timestamp: Date.now() - 3 * 24 * 3_600_000 }),
        record(topic, { value: 'x'.repeat(700_000) }),
      ];
      await expectExactly(log, topic, sent, await log.append(sent));
    },
    timeoutMs,
  );

  it(
    'answers outcomes in request order over topics and partitions',
    async () => {
      const { log } = opened();
      const topics = [await opened().newTopic(), await opened().newTopic()];
      const sent = Array.from({ length: 60 }, (_, i) =>
        record(topics[i % 2]!, i % 3 ? { partition: i % partitions } : { key: `k${i}` }),
      );
      const outcomes = await log.append(sent);
      expect(outcomes).toHaveLength(60);
      for (const topic of topics) {
        const mine = sent.flatMap((one, i) => (one.topic === topic ? [i] : []));
        await expectExactly(
          log,
          topic,
          mine.map((i) => sent[i]!),
          mine.map((i) => outcomes[i]!),
        );
      }
    },
    timeoutMs,
  );

  it(
    'gives each of thousands of concurrent records its own real offset',
    async () => {
      const { log } = opened();
      const topics = [await opened().newTopic(), await opened().newTopic(), await opened().newTopic()];
      const written = new Map<string, { sent: NewRecord[]; outcomes: AppendOutcome[] }>(
        topics.map((topic) => [topic, { sent: [], outcomes: [] }]),
      );
      const caller = async (c: number) => {
        for (let call = 0; call < 12; call++) {
          const sent = Array.from({ length: 1 + ((c + call) % 8) }, (_, i) =>
            record(topics[(c + call + i) % topics.length]!, choice(c + call + i, partitions)),
          );
          const outcomes = await log.append(sent);
          sent.forEach((one, i) => {
            written.get(one.topic)!.sent.push(one);
            written.get(one.topic)!.outcomes.push(outcomes[i]!);
          });
        }
      };
      await Promise.all(Array.from({ length: 64 }, (_, c) => caller(c)));
      for (const [topic, { sent, outcomes }] of written) await expectExactly(log, topic, sent, outcomes);
    },
    2 * timeoutMs,
  );

  it(
    'keeps the order of a call and of successive calls, per partition',
    async () => {
      const { log } = opened();
      const topic = await opened().newTopic();
      const sent: NewRecord[] = [];
      const calls: Promise<AppendOutcome[]>[] = [];
      for (let call = 0; call < 40; call++) {
        const records = Array.from({ length: 1 + (call % 30) }, (_, i) =>
          record(topic, { partition: i % partitions }),
        );
        sent.push(...records);
        calls.push(log.append(records));
      }
      const places = allWritten((await Promise.all(calls)).flat());
      const stored = (await readAll(log, topic)).map(shapeOf);
      for (let partition = 0; partition < partitions; partition++) {
        const inOrder = sent.flatMap((one, i) =>
          one.partition === partition ? [shapeOfSent(one, places[i]!)] : [],
        );
        expect(stored.filter((one) => one.partition === partition)).toEqual(inOrder);
      }
    },
    timeoutMs,
  );

  it(
    'puts a key where Kafka’s clients put it, whichever type it has, and a partition where it was told',
    async () => {
      const { log } = opened();
      const topic = await opened().newTopic();
      const keys = Array.from({ length: 50 }, (_, i) => `customer-${i}-ü`);
      const places = allWritten(
        await log.append([
          ...keys.map((key) => record(topic, { key })),
          ...keys.map((key) => record(topic, { key: Buffer.from(key) })),
          record(topic, { key: 'customer-0-ü', partition: partitions - 1 }),
        ]),
      );
      const expected = keys.map((key) => partitionOfKey(Buffer.from(key), partitions));
      expect(new Set(expected).size).toBe(partitions);
      expect(places.map(({ partition }) => partition)).toEqual([...expected, ...expected, partitions - 1]);
    },
    timeoutMs,
  );

  it(
    'refuses a record alone: an unknown partition, too large; its neighbours are written',
    async () => {
      const { log } = opened();
      const topic = await opened().newTopic();
      const sent = [
        record(topic, { partition: 0 }),
        record(topic, { partition: partitions }),
        record(topic, { partition: 0 }),
        record(topic, { partition: 0, value: Buffer.alloc(facts.tooLargeBytes, 120) }),
        record(topic, { partition: 0 }),
        record(topic, { partition: 1, key: 'k', value: 'x'.repeat(facts.tooLargeBytes) }),
        record(topic, { partition: 1 }),
      ];
      const outcomes = await log.append(sent);
      expect(codes(outcomes)).toEqual([
        'ok',
        'PARTITION_UNKNOWN',
        'ok',
        'RECORD_TOO_LARGE',
        'ok',
        'RECORD_TOO_LARGE',
        'ok',
      ]);
      const good = [0, 2, 4, 6];
      await expectExactly(
        log,
        topic,
        good.map((i) => sent[i]!),
        good.map((i) => outcomes[i]!),
      );
    },
    timeoutMs,
  );

  it(
    'answers an empty call at once',
    async () => {
      await expect(opened().log.append([])).resolves.toEqual([]);
    },
    timeoutMs,
  );

  it(
    'creates a topic at its first use, also when many use it first',
    async () => {
      const { log } = opened();
      const topic = unusedName();
      const sent = Array.from({ length: 30 }, () => record(topic));
      const outcomes = (await Promise.all(sent.map((one) => log.append([one])))).flat();
      await expectExactly(log, topic, sent, outcomes);
      expect(await log.topics()).toContain(topic);
      expect((await log.offsets(topic)).map(({ partition }) => partition)).toEqual(
        Array.from({ length: partitions }, (_, i) => i),
      );
    },
    timeoutMs,
  );

  it(
    'spreads records that have neither key nor partition',
    async () => {
      const { log } = opened();
      const topic = await opened().newTopic();
      const seen = new Set<number>();
      for (let i = 0; i < 60 && seen.size < partitions; i++) {
        const places = allWritten(await log.append(Array.from({ length: 500 }, () => record(topic))));
        for (const { partition } of places) seen.add(partition);
      }
      expect(seen.size).toBe(partitions);
    },
    timeoutMs,
  );

  it(
    'is bounded: BUFFER_FULL at once, with nothing of that call taken, and over when there is room',
    async () => {
      const { log } = opened();
      const topic = await opened().newTopic();
      allWritten(await log.append([record(topic)]));
      const value = Buffer.alloc(500_000, 120);
      const taken: Promise<AppendOutcome[]>[] = [];
      let refusal: unknown;
      while (refusal === undefined && taken.length * 1_000_000 <= 2 * facts.bufferBytes) {
        try {
          taken.push(log.append([record(topic, { value }), record(topic, { value })]));
        } catch (error) {
          refusal = error;
        }
      }
      expect(refusal).toBeInstanceOf(AppError);
      expect(refusal).toMatchObject({ code: 'BUFFER_FULL', retryable: true });
      const outcomes = (await Promise.all(taken)).flat();
      expect(new Set(codes(outcomes))).toEqual(new Set(['ok']));
      allWritten(await log.append([record(topic)]));
      const written = (await log.offsets(topic)).reduce(
        (sum, { earliest, next }) => sum + next - earliest,
        0,
      );
      expect(written).toBe(outcomes.length + 2);
    },
    2 * timeoutMs,
  );
}

function choice(n: number, partitions: number): Partial<NewRecord> {
  if (n % 3 === 0) return { key: `key-${n % 17}` };
  return n % 3 === 1 ? { partition: n % partitions } : {};
}
