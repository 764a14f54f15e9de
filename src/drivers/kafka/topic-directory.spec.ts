import { describe, expect, it } from '@jest/globals';
import { KafkaJSProtocolError } from 'kafkajs';
import { pino } from 'pino';
import { Reachability } from './reachability.js';
import { TopicDirectory } from './topic-directory.js';

function brokerError(type: string): Error {
  return new KafkaJSProtocolError({ type, message: type, retriable: true, code: 3 } as never);
}

/** Kafka answers what `answer` says; time passes only by sleeping. */
function made(
  answer: () => number | Error,
  creates: boolean | undefined,
  onCreate = () => Promise.resolve(),
) {
  let now = 0;
  const counts = { asked: 0, created: 0 };
  const clock = {
    now: () => now,
    monotonic: () => now,
    sleep: (ms: number) => Promise.resolve(void (now += ms)),
  };
  const fetchTopicMetadata = ({ topics }: { topics: string[] }) => {
    counts.asked += 1;
    const told = answer();
    if (told instanceof Error) return Promise.reject(told);
    const partitions = Array.from({ length: told }, (_, partitionId) => ({ partitionId, leader: 1 }));
    return Promise.resolve({ topics: [{ name: topics[0], partitions }] });
  };
  const directory = new TopicDirectory({
    admin: { use: (task: (admin: object) => unknown) => task({ fetchTopicMetadata }) } as never,
    creator: {
      ask: () => {
        counts.created += 1;
        return onCreate();
      },
    } as never,
    autoCreation: { enabled: () => Promise.resolve(creates) } as never,
    reachability: new Reachability(pino({ level: 'silent' })),
    clock,
    signal: new AbortController().signal,
  });
  return { directory, counts, elapsed: () => now, pass: (ms: number) => void (now += ms) };
}

const UNKNOWN = brokerError('UNKNOWN_TOPIC_OR_PARTITION');
const wanted = () => true;

describe('TopicDirectory', () => {
  it('has an unknown topic created, and waits for it', async () => {
    let rounds = 0;
    const { directory, counts } = made(() => (++rounds > 4 ? 3 : UNKNOWN), true);
    expect(await directory.ensure('t', wanted)).toBe(3);
    expect(counts.created).toBe(1);
  });

  it('says at once that there is no such topic where none is created, and asks once a second', async () => {
    const { directory, counts, elapsed, pass } = made(() => UNKNOWN, false);
    for (let i = 0; i < 5; i += 1) {
      await expect(directory.ensure('t', wanted)).rejects.toMatchObject({ code: 'TOPIC_UNKNOWN' });
    }
    expect([counts.asked, counts.created, elapsed()]).toEqual([1, 0, 0]);
    pass(1001);
    await expect(directory.ensure('t', wanted)).rejects.toMatchObject({ code: 'TOPIC_UNKNOWN' });
    expect(counts.asked).toBe(2);
  });

  it('gives it some seconds where Kafka does not say whether it creates topics', async () => {
    const { directory, elapsed } = made(() => UNKNOWN, undefined);
    await expect(directory.ensure('t', wanted)).rejects.toMatchObject({ code: 'TOPIC_UNKNOWN' });
    expect(elapsed()).toBeGreaterThan(3000);
    expect(elapsed()).toBeLessThan(5000);
  });

  it('waits as long as somebody does while Kafka is away, and no longer', async () => {
    const { directory, counts, elapsed } = made(() => new Error('away'), true);
    await expect(directory.ensure('t', () => elapsed() < 10_000)).rejects.toMatchObject({
      code: 'RECORD_LOG_UNAVAILABLE',
    });
    expect(elapsed()).toBeGreaterThan(9000);
    expect(counts.created).toBe(0);
  });

  it('tells a refusal', async () => {
    const { directory } = made(() => brokerError('TOPIC_AUTHORIZATION_FAILED'), true);
    await expect(directory.ensure('t', wanted)).rejects.toMatchObject({ code: 'TOPIC_FORBIDDEN' });
    const refusing = made(
      () => UNKNOWN,
      true,
      () => Promise.reject(brokerError('INVALID_TOPIC_EXCEPTION')),
    );
    await expect(refusing.directory.ensure('t', wanted)).rejects.toMatchObject({ code: 'RECORD_REFUSED' });
  });
});
