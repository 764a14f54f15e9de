import { beforeEach, describe, expect, it } from '@jest/globals';
import { emitterTo, limits, messageOf } from '../../../../test/emitter/emitting.js';
import { ManualClock } from '../../../../test/support/manual-clock.js';
import { AppError, type ErrorCode } from '../../../core/errors.js';
import type { NewMessage } from '../../../ports/message-exchange.port.js';
import type { AppendOutcome, NewRecord } from '../../../ports/record-log.port.js';
import type { EmitLimits, EmitResult } from '../message.js';
import { exchangeWay } from './exchange-way.js';
import type { Sending } from './spared.target.js';
import { PortTarget } from './port.target.js';
import { topicWay } from './topic-way.js';

const TOPIC = { kind: 'topic', topic: 't', key: 'k', headers: { a: 'b' } } as const;
const EXCHANGE = { kind: 'exchange', exchange: 'e', routingKey: 'x.y', headers: { a: 'b' } } as const;
const HANG = 'hang';

let clock: ManualClock;
/** What each call comes to; then it is taken. */
let script: (ErrorCode | typeof HANG | Error)[];
let records: NewRecord[];
let messages: NewMessage[];

beforeEach(() => {
  clock = new ManualClock(1000);
  [script, records, messages] = [[], [], []];
});

const next = (): Promise<void> => {
  const what = script.shift();
  if (what === undefined) return Promise.resolve();
  if (what === HANG) return new Promise(() => undefined);
  return Promise.reject(what instanceof Error ? what : new AppError(what, `It was ${what}.`));
};

const log = {
  append: (given: readonly NewRecord[]): Promise<AppendOutcome[]> => {
    records.push(...given);
    if (script[0] === 'BUFFER_FULL')
      throw new AppError(script.shift() as 'BUFFER_FULL', 'It is full.', { retryAfterS: 2 });
    return next().then(
      () => [{ ok: true, partition: 0, offset: 7 }],
      (error: AppError) => [{ ok: false, error }],
    );
  },
};
const exchange = {
  publish: (message: NewMessage) => {
    messages.push(message);
    return next();
  },
};

const targets: Record<'topic' | 'exchange', (settings?: Parameters<typeof emitterTo>[1]) => Sending> = {
  topic: (settings) => new PortTarget(emitterTo(TOPIC, settings), topicWay(TOPIC, log, clock), { clock }),
  exchange: (settings) =>
    new PortTarget(emitterTo(EXCHANGE, settings), exchangeWay(EXCHANGE, exchange, clock), { clock }),
};

const MESSAGE = messageOf();

async function run(target: Sending, given: Partial<EmitLimits> = {}): Promise<EmitResult> {
  let result: EmitResult | undefined;
  void target.send(MESSAGE, limits(given)).then((end) => (result = end));
  for (let i = 0; i < 100 && !result; i += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!result) await clock.advance(1000);
  }
  if (!result) throw new Error('still sending');
  return result;
}

describe('a topic as target', () => {
  it('gets one record with the key, the headers and the body as it is', async () => {
    const target = targets.topic();
    expect(target.shown).toBe('topic t');
    expect(await run(target)).toMatchObject({
      end: 'delivered',
      attempts: 1,
      status: null,
      mayHaveArrived: true,
    });
    const headers = { a: 'b', 'idempotency-key': MESSAGE.key };
    const expected = { topic: 't', partition: null, key: 'k', value: MESSAGE.body, headers, timestamp: 1000 };
    expect(records).toEqual([expected]);
  });

  it('is not written to again when nobody knows whether the record is there', async () => {
    script = ['RECORD_LOG_UNAVAILABLE', 'OUTCOME_UNKNOWN'];
    expect(await run(targets.topic())).toMatchObject({
      end: 'given up',
      attempts: 2,
      mayHaveArrived: true,
      aborted: false,
      reason: 'OUTCOME_UNKNOWN: It was OUTCOME_UNKNOWN; not sent again, for it could be there twice',
    });
    expect(records).toHaveLength(2);
  });

  it('is not written to again when it gives no answer in time', async () => {
    script = [HANG];
    expect(await run(targets.topic())).toMatchObject({
      end: 'given up',
      attempts: 1,
      elapsedMs: 5000,
      mayHaveArrived: true,
    });
  });

  it('that refuses a call at once is asked again when it says so', async () => {
    script = ['BUFFER_FULL'];
    expect(await run(targets.topic())).toMatchObject({ end: 'delivered', attempts: 2, elapsedMs: 2000 });
  });
});

describe('an exchange as target', () => {
  it('gets one message whose id is the key', async () => {
    const target = targets.exchange();
    expect(target.shown).toBe('exchange e');
    expect(await run(target)).toMatchObject({ end: 'delivered', attempts: 1 });
    const body = Buffer.from(MESSAGE.body);
    const fixed = { exchange: 'e', routingKey: 'x.y', headers: { a: 'b' }, contentType: 'application/json' };
    expect(messages).toEqual([{ ...fixed, body, messageId: MESSAGE.key, timestamp: 1000 }]);
  });

  it('gets it again, under the same id, when nobody knows whether it is there', async () => {
    script = ['OUTCOME_UNKNOWN', HANG];
    expect(await run(targets.exchange())).toMatchObject({
      end: 'delivered',
      attempts: 3,
      elapsedMs: 5040,
      mayHaveArrived: true,
    });
    expect(messages.map(({ messageId }) => messageId)).toEqual(Array(3).fill(MESSAGE.key));
  });
});

describe.each(['topic', 'exchange'] as const)('a port as target: %s', (kind) => {
  it.each(['UNROUTABLE', 'MESSAGE_TOO_LARGE', 'TOPIC_UNKNOWN'] as const)('%s is a refusal', async (code) => {
    script = [code];
    expect(await run(targets[kind]())).toMatchObject({
      end: 'refused',
      attempts: 1,
      reason: `${code}: It was ${code}`,
      mayHaveArrived: false,
    });
  });

  it('is asked again after what may heal, as often and as long as the settings say', async () => {
    script = Array<ErrorCode>(5).fill('EXCHANGE_UNAVAILABLE');
    const target = targets[kind]({ retry: { delay: 'jitter', baseMs: 10, capMs: 10 } });
    expect(await run(target)).toMatchObject({ end: 'given up', attempts: 3, mayHaveArrived: false });
    const late = targets[kind]({ retry: { baseMs: 600 } });
    const result = await run(late, { maxElapsedMs: 500 });
    expect(result).toMatchObject({ end: 'given up', attempts: 1, elapsedMs: 0 });
    expect(result.reason).toContain('no time is left');
  });

  it('is waited for no longer than until the stop', async () => {
    script = [HANG];
    const stop = new AbortController();
    void clock.sleep(100).then(() => stop.abort());
    expect(await run(targets[kind](), { signal: stop.signal })).toMatchObject({
      end: 'given up',
      aborted: true,
      elapsedMs: 100,
      mayHaveArrived: true,
    });
    script = ['SHUTTING_DOWN'];
    const result = await run(targets[kind]());
    expect(result).toMatchObject({ end: 'given up', aborted: true, attempts: 1, mayHaveArrived: false });
    expect(await run(targets[kind](), { signal: stop.signal })).toMatchObject({ attempts: 0, aborted: true });
  });

  it('tells what was never foreseen without its words, which may hold secrets', async () => {
    script = [new Error('hunter2')];
    const { end, reason, mayHaveArrived } = await run(targets[kind]());
    expect({ end, mayHaveArrived }).toEqual({ end: 'refused', mayHaveArrived: true });
    expect(reason).not.toContain('hunter2');
  });
});
