import { afterEach, describe, expect, it } from '@jest/globals';
import { monitor, Scheduling } from '../../../../test/support/scheduling.js';
import { AppError } from '../../../core/errors.js';
import { balance } from './books.js';

const START = Date.parse('2026-05-04T10:00:00Z');
const away = new AppError('TASK_QUEUE_UNAVAILABLE', 'Redis is away.');
const full = new AppError('STORAGE_FULL', 'The queue is full.');
const unknown = new AppError('OUTCOME_UNKNOWN', 'No answer.');

let s: Scheduling;
const open = (...args: ConstructorParameters<typeof Scheduling>) => (s = new Scheduling(...args));
afterEach(async () => {
  await s.stop();
  expect(balance(s.books.snapshot())).toBe(0);
});

describe.each([
  ['away', away],
  ['full', full],
])('while the queue is %s', (_, error) => {
  it('time goes on, and with `all` every tick of the window is enqueued after it', async () => {
    open(START, { SCHEDULER_CATCH_UP: 'all', SCHEDULER_CATCH_UP_WINDOW_S: '60' });
    s.start(monitor('a', { interval: 1 }));
    await s.advance(10_050);
    s.queue.failure = { error };
    await s.advance(40_000);
    expect(s.enqueuer.trouble?.code).toBe(error.code);
    expect(s.books.snapshot()).toMatchObject({ planned: 50, waiting: 40 });
    s.queue.failure = null;
    await s.advance(6000);
    expect(s.enqueuer.trouble).toBeNull();
    const planned = s.plannedOf('a');
    expect(planned).toHaveLength(56);
    expect(planned.every((tick, k) => tick === planned[0]! + k * 1000)).toBe(true);
    expect(s.books.snapshot()).toMatchObject({ planned: 56, enqueued: 56, waiting: 0 });
  });

  it('what becomes older than the window is counted so, at latest when the queue is back', async () => {
    open(START, { SCHEDULER_CATCH_UP: 'all', SCHEDULER_CATCH_UP_WINDOW_S: '20' });
    s.start(monitor('a', { interval: 1 }));
    s.queue.failure = { error };
    await s.advance(100_000);
    const { skipped, waiting } = s.books.snapshot();
    expect(skipped.window).toBeGreaterThanOrEqual(74); // it is looked at each 5 s at least
    expect(waiting).toBeLessThanOrEqual(26);
    s.queue.failure = null;
    await s.advance(5000);
    const oldest = Math.min(...[...s.queue.tasks].map(([id, { at }]) => Number(id.split(':')[1]) - at));
    expect(oldest).toBeGreaterThanOrEqual(-20_000);
  });

  it('with `latest` one tick of each monitor waits', async () => {
    open(START);
    s.start(monitor('a', { interval: 1 }), monitor('b', { interval: 20 }));
    s.queue.failure = { error };
    await s.advance(100_000);
    s.queue.failure = null;
    await s.advance(5000);
    expect(s.plannedOf('b').length).toBeLessThanOrEqual(2);
    expect(s.plannedOf('a').length).toBeLessThanOrEqual(7);
    const { planned, enqueued, skipped } = s.books.snapshot();
    expect([planned, skipped.missed]).toEqual([110, 110 - enqueued]);
  });
});

describe('a call without an answer', () => {
  it('is made again whole: each tick has one task, and the duplicates are counted', async () => {
    open(START);
    s.start(monitor('a', { cron: '* * * * *' }), monitor('b', { cron: '* * * * *' }));
    await s.advance(59_000);
    s.queue.failure = { error: unknown, afterwards: true };
    await s.advance(1000);
    s.schedule.remove('b', s.clock.now());
    s.queue.failure = null;
    await s.advance(1000);
    expect(s.queue.ids).toEqual([`a:${START + 60_000}`, `b:${START + 60_000}`]);
    expect(s.books.snapshot()).toMatchObject({ planned: 2, enqueued: 0, duplicate: 2 });
  });

  it('is not made again for what is older than the window: its id may have been forgotten', async () => {
    open(START, { SCHEDULER_CATCH_UP_WINDOW_S: '10' });
    s.start(monitor('a', { cron: '* * * * *' }));
    s.queue.failure = { error: unknown };
    await s.advance(90_000);
    s.queue.failure = null;
    await s.advance(6000);
    expect(s.queue.ids).toEqual([]);
    expect(s.books.snapshot()).toMatchObject({ planned: 1, skipped: { window: 1 } });
  });
});

describe('a lost lease', () => {
  it('that the queue tells of ends the term, and what was in hand is fenced', async () => {
    open(START);
    s.start(monitor('a', { interval: 1 }));
    await s.advance(2050);
    s.queue.failure = { error: new AppError('LEASE_LOST', 'Another one leads.') };
    await s.advance(60_000);
    await s.ended;
    s.schedule.end(s.clock.now());
    expect(s.plannedOf('a')).toHaveLength(2);
    expect(s.books.snapshot()).toMatchObject({ enqueued: 2, skipped: { fenced: 60 }, waiting: 0 });
  });

  it('while the queue is away ends it at once', async () => {
    open(START);
    s.start(monitor('a', { cron: '* * * * *' }));
    s.queue.failure = { error: away };
    await s.advance(61_000);
    s.lost.abort();
    await s.ended;
    s.queue.failure = null;
    await s.advance(60_000);
    expect(s.queue.ids).toEqual([]);
    expect(s.books.snapshot()).toMatchObject({ planned: 2, skipped: { fenced: 1 }, waiting: 1 });
  });
});

describe('one task that the queue can never take', () => {
  it('does not hold up the others of its batch', async () => {
    open(START);
    const invalid = new AppError('VALIDATION_FAILED', 'id must be well-formed.');
    const enqueueMany = s.queue.enqueueMany.bind(s.queue);
    s.queue.enqueueMany = (tasks, fence, watermark) =>
      tasks.some(({ id }) => id.startsWith('bad:'))
        ? Promise.reject(invalid)
        : enqueueMany(tasks, fence, watermark);
    s.start(...['a', 'bad', 'b'].map((id) => monitor(id, { cron: '* * * * *' })));
    await s.advance(120_000);
    expect(s.queue.ids.sort()).toEqual(
      ['a', 'b'].flatMap((id) => [1, 2].map((k) => `${id}:${START + k * 60_000}`)),
    );
    expect([...s.schedule.faults.keys()]).toEqual(['bad']);
    expect(s.queue.watermarkNow).toBe(START + 120_000);
    expect(s.books.snapshot()).toMatchObject({ planned: 5, enqueued: 4, skipped: { missed: 1 } });
  });
});

describe('the end on request', () => {
  it('enqueues what is due, writes the watermark, and nothing comes after it', async () => {
    open(START, { SCHEDULER_QUANTUM_MS: '1000' });
    s.start(monitor('a', { cron: '* * * * *' }));
    await s.advance(59_500);
    s.clock.stall(777);
    s.pump.finish();
    await s.ended;
    expect(s.queue.ids).toEqual([`a:${START + 60_000}`]);
    expect(s.queue.watermarkNow).toBe(START + 60_277);
    await s.advance(120_000);
    expect(s.queue.ids).toHaveLength(1);
  });
});
