import { AppError } from '../../src/core/errors.js';
import { appending } from './record-log.appending.js';
import { reading } from './record-log.reading.js';
import {
  allWritten,
  expectExactly,
  record,
  type OpenLog,
  type RecordLogFacts,
} from './record-log.support.js';
import { tailing } from './record-log.tailing.js';

const DEFAULTS: RecordLogFacts = {
  partitions: 3,
  tooLargeBytes: 1_200_000,
  bufferBytes: 32 * 1024 * 1024,
  timeoutMs: 60_000,
};

/**
 * The promises of RecordLog as tests; every driver runs them.
 *
 * `open` may be called several times, also while an earlier log is open: all of them are on the same storage.
 */
export function describeRecordLog(
  driver: string,
  open: () => Promise<OpenLog>,
  options: Partial<RecordLogFacts> = {},
): void {
  const facts = { ...DEFAULTS, ...options };

  describe(`RecordLog (${driver})`, () => {
    let shared: OpenLog;
    const opened = () => shared;
    beforeAll(async () => {
      shared = await open();
    }, facts.timeoutMs);
    afterAll(() => shared.close(), facts.timeoutMs);

    describe('as a port', () => asPort(driver, opened, facts));
    describe('append', () => appending(opened, facts));
    describe('read', () => reading(opened, facts));
    describe('tail', () => tailing(opened, facts));
    describe('close', () => closing(open, opened, facts));
  });
}

function asPort(driver: string, opened: () => OpenLog, { timeoutMs }: RecordLogFacts): void {
  it(
    'names its driver and its storage, answers a ping, and has been ready after that',
    async () => {
      const { log } = opened();
      expect(log.driver).toBe(driver);
      expect(log.storage).not.toBe('');
      await expect(log.ping()).resolves.toBeUndefined();
      allWritten(await log.append([record(await opened().newTopic())]));
      expect(log.wasReady).toBe(true);
    },
    timeoutMs,
  );
}

function closing(open: () => Promise<OpenLog>, opened: () => OpenLog, { timeoutMs }: RecordLogFacts): void {
  it(
    'flushes what was taken, and takes no more',
    async () => {
      const closed = await open();
      const topic = await closed.newTopic();
      const sent = Array.from({ length: 500 }, (_, i) => record(topic, { key: `k${i}` }));
      const calls = sent.map((one) => closed.log.append([one]));
      const close = closed.log.close(timeoutMs / 2);
      expect(() => closed.log.append([record(topic)])).toThrow(AppError);
      const outcomes = (await Promise.all(calls)).flat();
      expect(await close).toBeNull();
      expect(() => closed.log.append([record(topic)])).toThrow(
        expect.objectContaining({ code: 'SHUTTING_DOWN' }),
      );
      await expectExactly(opened().log, topic, sent, outcomes);
      await closed.close();
    },
    timeoutMs,
  );

  it(
    'ends its followers',
    async () => {
      const closed = await open();
      const topic = await closed.newTopic();
      allWritten(await closed.log.append([record(topic)]));
      const groups = await closed.log.tail(topic, new AbortController().signal);
      const ended = (async () => {
        for await (const _group of groups);
        return 'ended';
      })();
      expect(await closed.log.close(timeoutMs / 2)).toBeNull();
      await expect(ended).resolves.toBe('ended');
      await closed.close();
    },
    timeoutMs,
  );
}
