import { setTimeout as delay } from 'node:timers/promises';
import type { StoredRecord } from '../../src/ports/record-log.port.js';
import {
  allWritten,
  record,
  shapeOf,
  shapeOfSent,
  type OpenLog,
  type RecordLogFacts,
} from './record-log.support.js';

const byPlace = (a: { partition: number; offset: number }, b: { partition: number; offset: number }) =>
  a.partition - b.partition || a.offset - b.offset;

/** The promises of `tail`. */
export function tailing(opened: () => OpenLog, { partitions, timeoutMs }: RecordLogFacts): void {
  /** A topic that holds one record in each partition, so that "from now on" can be told from "from the start". */
  const usedTopic = async () => {
    const topic = await opened().newTopic();
    allWritten(
      await opened().log.append(
        Array.from({ length: partitions }, (_, i) => record(topic, { partition: i })),
      ),
    );
    return topic;
  };

  it(
    'yields what arrives from now on in every partition, once, in order',
    async () => {
      const { log } = opened();
      const topic = await usedTopic();
      const abort = new AbortController();
      const groups = await log.tail(topic, abort.signal);
      const sent = Array.from({ length: 90 }, (_, i) => record(topic, { partition: i % partitions }));
      const places: { partition: number; offset: number }[] = [];
      const appending = (async () => {
        for (let i = 0; i < 90; i += 10) {
          // The follower has come to rest: what arrives now must wake it.
          await delay(i === 0 ? 200 : 30);
          places.push(...allWritten(await log.append(sent.slice(i, i + 10))));
        }
      })();
      const found: StoredRecord[] = [];
      for await (const group of groups) {
        expect(group.length).toBeGreaterThan(0);
        found.push(...group);
        if (found.length >= 90) break;
      }
      await appending;
      abort.abort();
      const expected = sent.map((one, i) => shapeOfSent(one, places[i]!)).sort(byPlace);
      expect(found.map(shapeOf).sort(byPlace)).toEqual(expected);
      for (let partition = 0; partition < partitions; partition++) {
        const offsets = found.filter((one) => one.partition === partition).map(({ offset }) => offset);
        expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
      }
    },
    timeoutMs,
  );

  it(
    'ends without an error on abort, also while it waits',
    async () => {
      const { log } = opened();
      const topic = await usedTopic();
      const abort = new AbortController();
      const groups = await log.tail(topic, abort.signal);
      const ended = (async () => {
        let seen = 0;
        for await (const group of groups) seen += group.length;
        return seen;
      })();
      await delay(100);
      abort.abort();
      expect(await ended).toBe(0);
    },
    timeoutMs,
  );

  it(
    'loses nothing while its consumer is busy, and ends when that was aborted meanwhile',
    async () => {
      const { log } = opened();
      const topic = await usedTopic();
      const abort = new AbortController();
      const groups = await log.tail(topic, abort.signal);
      const appending = (async () => {
        for (let i = 0; i < 30; i++)
          allWritten(
            await log.append(
              Array.from({ length: 20 }, () => record(topic, { partition: 0, value: 'x'.repeat(20_000) })),
            ),
          );
      })();
      const offsets: number[] = [];
      for await (const group of groups) {
        offsets.push(...group.map(({ offset }) => offset));
        await delay(20);
        if (offsets.length >= 600) abort.abort();
      }
      await appending;
      expect(offsets).toEqual(Array.from({ length: 600 }, (_, i) => i + 1));
    },
    timeoutMs,
  );

  it(
    'serves several followers of one topic, each with everything',
    async () => {
      const { log } = opened();
      const topic = await usedTopic();
      const abort = new AbortController();
      const follow = async (groups: AsyncIterable<StoredRecord[]>) => {
        let seen = 0;
        for await (const group of groups) {
          seen += group.length;
          if (seen >= 50) return seen;
        }
        return seen;
      };
      const followers = await Promise.all([log.tail(topic, abort.signal), log.tail(topic, abort.signal)]);
      const counts = followers.map(follow);
      allWritten(await log.append(Array.from({ length: 50 }, (_, i) => record(topic, { key: `k${i}` }))));
      expect(await Promise.all(counts)).toEqual([50, 50]);
      abort.abort();
    },
    timeoutMs,
  );
}
