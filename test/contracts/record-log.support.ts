import { randomUUID } from 'node:crypto';
import type { AppendOutcome, NewRecord, RecordLog, StoredRecord } from '../../src/ports/record-log.port.js';

/** What a suite is given: the log that `open` opened, and how to name topics nobody used. */
export interface OpenLog {
  log: RecordLog;
  /** A topic of the suite's partition count that has no records yet; it may come into being at its first use. */
  newTopic(partitions?: number): Promise<string> | string;
  /** Closes what was opened, the log included; harmless when that is closed already. */
  close(): Promise<void>;
}

/** What of the suite depends on how the driver was set up. */
export interface RecordLogFacts {
  /** Partitions of a new topic. */
  partitions: number;
  /** A value of so many bytes is over the log's limit. */
  tooLargeBytes: number;
  /** The bound of what is in flight. */
  bufferBytes: number;
  /** For one test. */
  timeoutMs: number;
}

let count = 0;

/** A record unlike any other, unless `fields` say otherwise. */
export function record(topic: string, fields: Partial<NewRecord> = {}): NewRecord {
  count += 1;
  return {
    topic,
    partition: null,
    key: null,
    value: JSON.stringify({ n: count, text: 'größer 📦' }),
    headers: null,
    timestamp: Date.now() - count,
    ...fields,
  };
}

export function unusedName(): string {
  return `contract-${randomUUID()}`;
}

/** Fails with the first outcome that is none, else answers where each record lies. */
export function allWritten(outcomes: readonly AppendOutcome[]): { partition: number; offset: number }[] {
  return outcomes.map((outcome, index) => {
    if (!outcome.ok)
      throw new Error(`record ${index}: ${outcome.error.code} ${outcome.error.message}`, {
        cause: outcome.error,
      });
    return outcome;
  });
}

/** The code of each outcome, `ok` for one that was written. */
export function codes(outcomes: readonly AppendOutcome[]): string[] {
  return outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.error.code));
}

/** Every record of a topic, paged through to the end, in the order of each partition. */
export async function readAll(log: RecordLog, topic: string, limit = 1000): Promise<StoredRecord[]> {
  const all: StoredRecord[] = [];
  for (const { partition, earliest, next } of await log.offsets(topic)) {
    for (let offset = earliest; offset < next;) {
      const page = await log.read({ topic, partition, offset, limit });
      if (page.nextOffset <= offset)
        throw new Error(`reading stands still at ${topic}/${partition}/${offset}`);
      all.push(...page.records);
      offset = page.nextOffset;
    }
  }
  return all;
}

const hex = (bytes: string | Buffer | null) => (bytes === null ? null : Buffer.from(bytes).toString('hex'));

/** A stored record as a comparable thing: bytes as hexadecimal. */
export function shapeOf({ partition, offset, key, value, timestamp, headers }: StoredRecord) {
  return { partition, offset, key: hex(key), value: hex(value), timestamp, headers: { ...headers } };
}

/** What a reader must find for a record that was reported at `place`. */
export function shapeOfSent(sent: NewRecord, place: { partition: number; offset: number }) {
  return {
    partition: place.partition,
    offset: place.offset,
    key: hex(sent.key),
    value: hex(sent.value),
    timestamp: sent.timestamp,
    headers: { ...sent.headers },
  };
}

const byPlace = (a: { partition: number; offset: number }, b: { partition: number; offset: number }) =>
  a.partition - b.partition || a.offset - b.offset;

/** The topic holds exactly these records, each where it was reported, byte for byte. */
export async function expectExactly(
  log: RecordLog,
  topic: string,
  sent: readonly NewRecord[],
  outcomes: readonly AppendOutcome[],
): Promise<void> {
  const places = allWritten(outcomes);
  const expected = sent.map((one, index) => shapeOfSent(one, places[index]!)).sort(byPlace);
  const found = (await readAll(log, topic)).map(shapeOf).sort(byPlace);
  expect(found).toEqual(expected);
}
