import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../../../test/support/manual-clock.js';
import { AppError } from '../../../core/errors.js';
import {
  newState,
  type Judge,
  type RawResult,
  type StoredResult,
} from '../../../ports/monitor-store.port.js';
import { ResultsWriter } from './results-writer.js';

const settings = { maxRetries: 0, resendInterval: 0, maintenanceUntil: null };
const away = () => new AppError('MONITOR_STORE_UNAVAILABLE', 'The database does not answer.');

function result(id: string): RawResult {
  return { id, monitorId: `m${id}`, plannedAt: 1, at: 2, found: 'down', latencyMs: null, message: 'no' };
}

/** Takes what it is given, unless the test says otherwise. */
class Store {
  readonly batches: string[][] = [];
  readonly ids = new Set<string>();
  refuse: (results: readonly RawResult[]) => AppError | null = () => null;
  hold: Promise<void> | null = null;

  readonly record = async (results: readonly RawResult[], judge: Judge): Promise<StoredResult[]> => {
    this.batches.push(results.map(({ id }) => id));
    await this.hold;
    const error = this.refuse(results);
    if (error) throw error;
    const fresh = results.filter(({ id }) => !this.ids.has(id));
    for (const { id } of fresh) this.ids.add(id);
    return fresh.map((one) => ({ ...one, status: judge(newState(), one).status }));
  };
}

let clock: ManualClock;
let store: Store;
let writer: ResultsWriter;
let said: string[];
beforeEach(() => {
  clock = new ManualClock(1_000);
  store = new Store();
  said = [];
  const failures = { failed: (error: unknown) => void said.push(String(error)), succeeded: () => undefined };
  writer = new ResultsWriter({ record: store.record, clock, failures });
});

const write = (id: string, waitMs = 60_000) => writer.write(result(id), settings, waitMs);
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'written',
    (error: AppError) => error.code,
  );

describe('batches', () => {
  it('what comes within 20 ms is one write, and each is answered as it was stored', async () => {
    const written = Promise.all([write('1'), write('2')]);
    expect(store.batches).toEqual([]);
    await clock.advance(20);
    expect(await written).toMatchObject([
      { id: '1', status: 'down' },
      { id: '2', status: 'down' },
    ]);
    expect(store.batches).toEqual([['1', '2']]);
  });

  it('one write at a time: what comes meanwhile is the next one, at most 500', async () => {
    let open = () => undefined as void;
    store.hold = new Promise((resolve) => (open = resolve));
    const first = write('first');
    await clock.advance(20);
    const others = Array.from({ length: 700 }, (_, index) => write(String(index)));
    expect(store.batches.map(({ length }) => length)).toEqual([1]);
    open();
    await Promise.all([first, ...others]);
    expect(store.batches.map(({ length }) => length)).toEqual([1, 500, 200]);
  });

  it('one that was there before is answered with null', async () => {
    store.ids.add('1');
    const [again, fresh] = [write('1'), write('2')];
    await clock.advance(20);
    expect(await again).toBeNull();
    expect(await fresh).toMatchObject({ id: '2' });
  });
});

describe('a store that is away', () => {
  it('is tried again with growing delays; nothing is lost and the order stays', async () => {
    store.refuse = away;
    const written = Promise.all([write('1'), write('2')]);
    await clock.advance(10_000);
    expect(store.batches.length).toBeGreaterThan(3);
    expect(said.length).toBe(store.batches.length);
    store.refuse = () => null;
    const late = write('3');
    await clock.advance(10_000);
    expect(await written).toHaveLength(2);
    expect(await late).toMatchObject({ id: '3' });
    expect(store.batches.at(-1)!.join()).toBe('1,2,3');
  });

  it('a result waits as long as its task may, then fails; others wait on', async () => {
    store.refuse = away;
    const short = codeOf(write('1', 1_000));
    const long = codeOf(write('2', 100_000));
    await clock.advance(20_000);
    expect(await short).toBe('MONITOR_STORE_UNAVAILABLE');
    expect(writer.size).toBe(1);
    store.refuse = () => null;
    await clock.advance(10_000);
    expect(await long).toBe('written');
  });

  it('that does not answer holds up no task beyond its time', async () => {
    store.hold = new Promise(() => undefined);
    const one = codeOf(write('1', 1_000));
    await clock.advance(100);
    const waiting = codeOf(write('2', 2_000));
    await clock.advance(3_000);
    expect(await Promise.all([one, waiting])).toEqual(['OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN']);
  });

  it('fails a result when its time is over, not when it is tried again next', async () => {
    store.refuse = away;
    void codeOf(write('1'));
    await clock.advance(30_000);
    const ends: number[] = [];
    for (let ms = 1; ms <= 10; ms += 1) {
      const began = clock.now();
      void write(`w${ms}`, ms * 100).catch(() => ends.push(clock.now() - began - ms * 100));
    }
    await clock.advance(10_000);
    expect(ends).toHaveLength(10);
    expect(Math.max(...ends)).toBeLessThanOrEqual(250);
    expect(writer.size).toBe(1);
  });

  it('an answer that was lost is asked for again: ids make it harmless', async () => {
    let asked = 0;
    store.refuse = () => ((asked += 1) === 1 ? new AppError('OUTCOME_UNKNOWN', 'No answer.') : null);
    const written = write('1');
    await clock.advance(10_000);
    expect(await written).toMatchObject({ id: '1' });
  });

  it('on stop nothing waits for it any more', async () => {
    store.refuse = away;
    const written = codeOf(write('1'));
    await clock.advance(100);
    writer.stop();
    expect(await written).toBe('MONITOR_STORE_UNAVAILABLE');
    expect(writer.size).toBe(0);
  });
});

it('one that the store cannot take harms no other', async () => {
  store.refuse = (results) =>
    results.some(({ id }) => id === 'bad') ? new AppError('INTERNAL', 'a defect') : null;
  const all = ['1', 'bad', '2'].map((id) => codeOf(write(id)));
  await clock.advance(20);
  expect(await Promise.all(all)).toEqual(['written', 'INTERNAL', 'written']);
});

it('a store that goes away while the bad one is looked for loses nothing, and the order stays', async () => {
  let late: Promise<string> | undefined;
  store.refuse = (results) => {
    if (store.batches.length === 3) {
      late = codeOf(write('4'));
      return away();
    }
    return results.some(({ id }) => id === 'bad') ? new AppError('INTERNAL', 'a defect') : null;
  };
  const all = ['1', '2', 'bad', '3'].map((id) => codeOf(write(id)));
  await clock.advance(10_000);
  expect(await Promise.all(all)).toEqual(['written', 'written', 'INTERNAL', 'written']);
  expect(await late).toBe('written');
  expect(store.batches[3]!.join()).toBe('2,bad,3,4');
});
