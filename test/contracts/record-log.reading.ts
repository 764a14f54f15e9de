import {
  allWritten,
  record,
  shapeOf,
  shapeOfSent,
  unusedName,
  type OpenLog,
  type RecordLogFacts,
} from './record-log.support.js';

/** The promises of `offsets`, `topics` and `read`. */
export function reading(opened: () => OpenLog, { partitions, timeoutMs }: RecordLogFacts): void {
  /** A topic with `count` records in partition 1 and none elsewhere. */
  const filled = async (count: number) => {
    const { log } = opened();
    const topic = await opened().newTopic();
    const sent = Array.from({ length: count }, () => record(topic, { partition: 1 }));
    const places = allWritten(await log.append(sent));
    return { log, topic, shapes: sent.map((one, i) => shapeOfSent(one, places[i]!)) };
  };

  it(
    'tells the offsets of every partition',
    async () => {
      const { log, topic } = await filled(7);
      expect(await log.offsets(topic)).toEqual(
        Array.from({ length: partitions }, (_, partition) => ({
          partition,
          earliest: 0,
          next: partition === 1 ? 7 : 0,
        })),
      );
    },
    timeoutMs,
  );

  it(
    'lists topics sorted',
    async () => {
      const { log } = opened();
      const names = [unusedName(), unusedName(), unusedName()];
      allWritten(await log.append(names.map((name) => record(name))));
      const topics = await log.topics();
      expect(topics).toEqual(expect.arrayContaining(names));
      expect(topics).toEqual([...topics].sort());
      expect(new Set(topics).size).toBe(topics.length);
    },
    timeoutMs,
  );

  it(
    'reads from the first, the middle and the last record on, no more than the limit',
    async () => {
      const { log, topic, shapes } = await filled(10);
      const read = async (offset: number, limit: number) => {
        const page = await log.read({ topic, partition: 1, offset, limit });
        return { records: page.records.map(shapeOf), nextOffset: page.nextOffset };
      };
      expect(await read(0, 100)).toEqual({ records: shapes, nextOffset: 10 });
      expect(await read(4, 3)).toEqual({ records: shapes.slice(4, 7), nextOffset: 7 });
      expect(await read(9, 3)).toEqual({ records: shapes.slice(9), nextOffset: 10 });
      expect(await read(0, 1)).toEqual({ records: shapes.slice(0, 1), nextOffset: 1 });
    },
    timeoutMs,
  );

  it(
    'answers at once at the end, past it, and in an empty partition',
    async () => {
      const { log, topic } = await filled(4);
      const read = (partition: number, offset: number) => log.read({ topic, partition, offset, limit: 10 });
      expect(await read(1, 4)).toEqual({ records: [], nextOffset: 4 });
      expect(await read(1, 1000)).toEqual({ records: [], nextOffset: 4 });
      expect(await read(0, 0)).toEqual({ records: [], nextOffset: 0 });
    },
    timeoutMs,
  );

  it(
    'pages through all, each record once',
    async () => {
      const { log, topic, shapes } = await filled(25);
      const found: unknown[] = [];
      let offset = 0;
      for (let page = 0; page < 25 && offset < 25; page++) {
        const { records, nextOffset } = await log.read({ topic, partition: 1, offset, limit: 7 });
        expect(records.length).toBeLessThanOrEqual(7);
        found.push(...records.map(shapeOf));
        offset = nextOffset;
      }
      expect(found).toEqual(shapes);
    },
    timeoutMs,
  );

  it(
    'knows nothing of an unknown topic or partition, and creates none by asking',
    async () => {
      const { log, topic } = await filled(1);
      const unknown = unusedName();
      const TOPIC_UNKNOWN = { code: 'TOPIC_UNKNOWN', retryable: false };
      await expect(log.offsets(unknown)).rejects.toMatchObject(TOPIC_UNKNOWN);
      await expect(log.read({ topic: unknown, partition: 0, offset: 0, limit: 1 })).rejects.toMatchObject(
        TOPIC_UNKNOWN,
      );
      await expect(log.tail(unknown, new AbortController().signal)).rejects.toMatchObject(TOPIC_UNKNOWN);
      await expect(log.read({ topic, partition: partitions, offset: 0, limit: 1 })).rejects.toMatchObject({
        code: 'PARTITION_UNKNOWN',
      });
      expect(await log.topics()).not.toContain(unknown);
      await expect(log.offsets(unknown)).rejects.toMatchObject(TOPIC_UNKNOWN);
    },
    timeoutMs,
  );
}
