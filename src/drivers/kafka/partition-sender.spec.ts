import { describe, expect, it } from '@jest/globals';
import type { Message } from 'kafkajs';
import { KafkaJSProtocolError } from 'kafkajs';
import { Registry } from 'prom-client';
import type { AppendOutcome } from '../../ports/record-log.port.js';
import { decodedByKafkajs, encodedByKafkajs } from '../../../test/support/kafkajs-requests.js';
import { Call, Entry } from './entry.js';
import { producerMetrics } from './metrics.js';
import { PartitionSender, type SenderContext } from './partition-sender.js';
import { PooledProducer, type ProducerSlot } from './producer-slot.js';

/** `ok`, `lost`, `unsent`, or the code that the broker answers. */
type Answer = string;

/**
 * A sender on producers of which each remembers what it was sent; `answers` says what becomes of each request in turn
 * ('ok' when they run out). Time passes only by sleeping.
 */
function made(answers: Answer[], options: Partial<SenderContext> = {}) {
  const requests: { generation: number; values: string[] }[] = [];
  const slept: number[] = [];
  const released: Entry[] = [];
  let now = 0;
  let offset = 0;
  let generation = 1;
  const send = async (by: number, messages: Message[]) => {
    const answer = answers.shift() ?? 'ok';
    if (answer === 'unsent') throw new Error('no connection');
    const { records } = await decodedByKafkajs(await encodedByKafkajs(messages, { partition: 0 }));
    requests.push({ generation: by, values: records.map(({ value }) => String(value)) });
    if (answer === 'lost') throw new Error('connection lost');
    if (answer !== 'ok') throw brokerError(answer);
    offset += records.length;
    return [{ partition: 0, baseOffset: String(offset - records.length) }];
  };
  const producer = (by: number) => {
    const kafka = { send: (record: { messages: Message[] }) => send(by, record.messages) };
    return new PooledProducer(
      by,
      { producer: kafka as never, disconnect: () => Promise.resolve(), drop: () => undefined },
      0,
      () => undefined,
    );
  };
  const slot = {
    ready: (wanted: number) => producer(Math.max(wanted, generation)),
    acquire: () => Promise.resolve(null),
    discard: ({ generation: bad }: PooledProducer) => void (generation = Math.max(generation, bad + 1)),
  };
  const topic = { name: 't', confirm: () => Promise.resolve(), onTaken: () => undefined };
  const sender = new PartitionSender(topic, 0, slot as unknown as ProducerSlot, {
    settings: { acks: -1, timeoutMs: 1000, compression: 0 },
    limits: { bytes: 100_000, records: 1000 },
    retries: 3,
    idempotent: true,
    sequenceLimit: 1_000_000,
    metrics: producerMetrics(new Registry(), () => 0),
    clock: {
      now: () => now,
      monotonic: () => now,
      sleep: (ms) => {
        slept.push(ms);
        now += ms;
        return Promise.resolve();
      },
    },
    signal: new AbortController().signal,
    release: (entries) => void released.push(...entries),
    schedule: (again) => again.wake(),
    ...options,
  });
  const append = (...values: string[]): Promise<AppendOutcome[]> => {
    const call = new Call(values.length, now + 15_000);
    const record = { topic: 't', partition: 0, key: null, headers: null, timestamp: 5 };
    call.entries = values.map((value, i) => new Entry(call, i, { ...record, value }, value.length));
    for (const entry of call.entries) {
      sender.add(entry);
    }
    sender.wake();
    return call.outcomes;
  };
  return { append, requests, slept, released };
}

function brokerError(type: string): Error {
  return new KafkaJSProtocolError({ type, message: type, retriable: true, code: 1 } as never);
}

const told = (outcomes: AppendOutcome[]) =>
  outcomes.map((outcome) => (outcome.ok ? outcome.offset : outcome.error.code));

describe('PartitionSender', () => {
  it('sends what gathered while a request was under way in the next one', async () => {
    const { append, requests, released } = made([]);
    const calls = [append('a'), append('b', 'c'), append('d')];
    expect((await Promise.all(calls)).map(told)).toEqual([[0], [1, 2], [3]]);
    expect(requests.map(({ values }) => values)).toEqual([['a'], ['b', 'c', 'd']]);
    await Promise.resolve();
    expect(released.length).toBe(4);
  });

  it('has what waits after a request gather again, and asks for nothing when nothing waits', async () => {
    let asked = 0;
    let tell!: (sender: PartitionSender) => void;
    const scheduled = new Promise<PartitionSender>((resolve) => (tell = resolve));
    const schedule = (sender: PartitionSender) => {
      asked += 1;
      tell(sender);
    };
    const { append, requests } = made([], { schedule });
    const calls = [append('a'), append('b')];
    const sender = await scheduled;
    expect([requests.length, sender.busy]).toEqual([1, false]);
    calls.push(append('c'));
    expect((await Promise.all(calls)).map(told)).toEqual([[0], [1], [2]]);
    expect(requests.map(({ values }) => values)).toEqual([['a'], ['b', 'c']]);
    expect(asked).toBe(1);
  });

  it('repeats what may have been written as it was on the same producer, and goes on with a new one', async () => {
    const { append, requests } = made(['lost', 'unsent', 'NOT_LEADER_FOR_PARTITION', 'ok']);
    const first = append('a', 'b');
    const second = append('c', 'd');
    expect(told(await first)).toEqual([0, 1]);
    expect(told(await second)).toEqual([2, 3]);
    expect(requests.slice(0, 3)).toEqual(
      Array.from({ length: 3 }, () => ({ generation: 1, values: ['a', 'b'] })),
    );
    expect(requests[3]).toEqual({ generation: 2, values: ['c', 'd'] });
  });

  it('leaves it unknown when its attempts are used up, and never sends it again', async () => {
    const { append, requests, slept } = made(['lost', 'NOT_LEADER_FOR_PARTITION', 'lost', 'lost']);
    const first = append('a', 'b');
    const second = append('c', 'd');
    expect(told(await first)).toEqual(['OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN']);
    expect(told(await second)).toEqual([0, 1]);
    expect(requests.map(({ generation }) => generation)).toEqual([1, 1, 1, 1, 2]);
    expect(slept.length).toBe(3);
  });

  it('does not repeat what may have been written after the deadline, nor without idempotence', async () => {
    const late = made(['lost', 'lost', 'lost', 'lost', 'lost', 'lost', 'lost'], { retries: 100 });
    expect(told(await late.append('a'))).toEqual(['OUTCOME_UNKNOWN']);
    expect(late.slept.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(15_000);
    const once = made(['lost'], { idempotent: false });
    expect(told(await once.append('a'))).toEqual(['OUTCOME_UNKNOWN']);
    expect(once.requests.length).toBe(1);
  });

  it('sends what was certainly not written on a new producer', async () => {
    const { append, requests } = made(['unsent', 'unsent', 'NOT_ENOUGH_REPLICAS', 'ok']);
    expect(told(await append('a', 'b'))).toEqual([0, 1]);
    expect(requests.map(({ generation }) => generation)).toEqual([3, 4]);
  });

  it('fails what was refused too often, as not written', async () => {
    const { append } = made(new Array<string>(4).fill('NOT_ENOUGH_REPLICAS'));
    const [outcome] = await append('a');
    expect(outcome).toMatchObject({ ok: false, error: { code: 'RECORD_LOG_UNAVAILABLE', retryable: true } });
    expect(told(await append('b'))).toEqual([0]);
  });

  it('finds the records that Kafka refuses, and writes the others in order', async () => {
    const bad = ['MESSAGE_TOO_LARGE', 'MESSAGE_TOO_LARGE', 'ok', 'MESSAGE_TOO_LARGE', 'ok', 'ok'];
    const { append, requests } = made(bad);
    expect(told(await append('a', 'b', 'C', 'd', 'e', 'f'))).toEqual([0, 1, 'RECORD_TOO_LARGE', 2, 3, 4]);
    expect(requests.map(({ values }) => values.join(''))).toEqual(['abCdef', 'abC', 'ab', 'C', 'def']);
    expect(new Set(requests.map(({ generation }) => generation)).size).toBe(4);
  });

  it('fails all of a topic that it may not write to', async () => {
    const { append } = made(['TOPIC_AUTHORIZATION_FAILED']);
    expect(told(await append('a', 'b'))).toEqual(['TOPIC_FORBIDDEN', 'TOPIC_FORBIDDEN']);
  });

  it('takes a new producer long before the numbers run out', async () => {
    const { append, requests } = made([], { sequenceLimit: 10 });
    for (let i = 0; i < 12; i += 1) await append('a', 'b', 'c');
    expect(requests.map(({ generation }) => generation)).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
  });
});
