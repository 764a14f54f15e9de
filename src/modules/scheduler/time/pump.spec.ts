import { afterEach, describe, expect, it } from '@jest/globals';
import { monitor, Scheduling } from '../../../../test/support/scheduling.js';
import { AppError } from '../../../core/errors.js';
import { balance } from './books.js';
import { phase } from './phase.js';

const START = Date.parse('2026-05-04T10:00:00Z');
const away = new AppError('TASK_QUEUE_UNAVAILABLE', 'Redis is away.');

let s: Scheduling;
const open = (...args: ConstructorParameters<typeof Scheduling>) => (s = new Scheduling(...args));
afterEach(async () => {
  await s.stop();
  expect(balance(s.books.snapshot())).toBe(0);
  expect(s.books.snapshot().waiting).toBe(0);
});

const grid = (id: string, seconds: number, from: number, to: number) => {
  const period = seconds * 1000;
  const first = from - (from % period) + phase(id, period);
  const all = Array.from({ length: (to - from) / period + 2 }, (_, k) => first + (k - 1) * period);
  return all.filter((tick) => tick > from && tick <= to);
};

describe('ticks', () => {
  it('become tasks on their grid, none before its planned time, none later than the quantum', async () => {
    open(START);
    s.start(monitor('a', { interval: 1 }), monitor('b', { interval: 7 }), monitor('c', { interval: 3600 }));
    await s.advance(3_600_050);
    for (const [id, seconds] of [
      ['a', 1],
      ['b', 7],
      ['c', 3600],
    ] as const)
      expect(s.plannedOf(id)).toEqual(grid(id, seconds, START, START + 3_600_000));
    for (const [id, { at }] of s.queue.tasks) {
      const late = at - Number(id.split(':')[1]);
      expect(late >= 0 && late <= 50).toBe(true);
    }
    expect(s.lateness.snapshot()!.max).toBeLessThanOrEqual(50);
  });

  it('are the contract’s tasks, in the queue of the monitor’s priority', async () => {
    open(START);
    s.start(monitor('a', { interval: 1 }), monitor('b', { interval: 1, priority: 'critical' }));
    await s.advance(1050);
    const [planned] = s.plannedOf('a');
    const { task } = s.queue.tasks.get(`a:${planned}`)!;
    expect(task).toMatchObject({
      type: 'monitor:healthcheck',
      queue: 'default',
      maxRetries: 3,
      timeoutMs: 300_000,
      retentionMs: 3_600_000,
    });
    expect(JSON.parse(task.payload.toString())).toEqual({
      monitor_id: 'a',
      scheduled_at: new Date(planned!).toISOString(),
    });
    expect(s.queue.tasks.get(`b:${s.plannedOf('b')[0]}`)!.task.queue).toBe('critical');
  });

  it('of a cron line come on the line, in its zone', async () => {
    open(START);
    s.start(monitor('a', { cron: '*/5 * * * *' }));
    await s.advance(900_000);
    expect(s.plannedOf('a')).toEqual([5, 10, 15].map((minute) => START + minute * 60_000));
  });

  it('come in calls of 500 at most, each with the time below which nothing is un-enqueued', async () => {
    open(START);
    s.start(...Array.from({ length: 1200 }, (_, i) => monitor(`m${i}`, { cron: '*/10 * * * *' })));
    await s.advance(600_000);
    const full = s.queue.calls.filter(({ ids }) => ids.length > 0);
    expect(full.map(({ ids }) => ids.length)).toEqual([500, 500, 200]);
    const due = START + 600_000;
    expect(full.map(({ watermark }) => watermark)).toEqual([due - 1, due - 1, due]);
  });

  it('that nobody has leave one call in five seconds, for the watermark', async () => {
    open(START);
    s.start();
    await s.advance(60_000);
    expect(s.queue.calls).toHaveLength(13);
    expect(s.queue.watermarkNow).toBe(START + 60_000);
  });
});

describe('the first check of a monitor', () => {
  it('is at once, planned for its creation; the second one on the grid', async () => {
    open(START);
    s.start();
    await s.advance(10_020);
    const createdAt = START + 9987;
    expect(s.apply(monitor('new', { interval: 60, createdAt }))).toBe('added');
    await s.advance(50);
    expect(s.plannedOf('new')).toEqual([createdAt]);
    await s.advance(120_000);
    expect(s.plannedOf('new')).toEqual([createdAt, ...grid('new', 60, createdAt, START + 130_000)]);
  });

  it('is made also when the next tick of the grid is due by then', async () => {
    open(START);
    s.start();
    await s.advance(10_000);
    const createdAt = START + 8500;
    s.apply(monitor('new', { interval: 1, createdAt }));
    await s.advance(60);
    const onGrid = grid('new', 1, createdAt, START + 10_000);
    expect(onGrid.length).toBeGreaterThan(0);
    expect(s.plannedOf('new').slice(0, 2)).toEqual([createdAt, onGrid.at(-1)]);
  });

  it('is not given to one that the load finds older than the watermark, and is to a younger one', async () => {
    open(START, {}, START - 5000);
    s.start(
      monitor('old', { interval: 3600, createdAt: START - 5000 }),
      monitor('young', { interval: 3600, createdAt: START - 4999 }),
    );
    await s.advance(100);
    expect(s.queue.ids).toEqual([`young:${START - 4999}`]);
  });

  it('does not come again when the monitor is resumed, or read again', async () => {
    open(START);
    s.start();
    const row = monitor('new', { interval: 3600, createdAt: START + 1 });
    s.apply(row);
    await s.advance(1000);
    s.apply({ ...row, active: false, updatedAt: 1 });
    await s.advance(1000);
    expect(s.apply({ ...row, updatedAt: 2 })).toBe('resumed');
    expect(s.apply({ ...row, updatedAt: 2 })).toBe('none');
    await s.advance(1000);
    expect(s.queue.ids).toEqual([`new:${START + 1}`]);
    expect(s.books.snapshot()).toMatchObject({ planned: 1, duplicate: 0 });
  });

  it('waits for the clock when the database’s is ahead', async () => {
    open(START);
    s.start();
    s.apply(monitor('new', { interval: 3600, createdAt: START + 2000 }));
    await s.advance(1999);
    expect(s.queue.ids).toEqual([]);
    await s.advance(1);
    expect(s.queue.ids).toEqual([`new:${START + 2000}`]);
  });
});

describe('an edit', () => {
  it('of the interval, the cron line or a resume takes the next grid point later than now', async () => {
    open(START);
    const row = monitor('a', { interval: 10 });
    s.start(row);
    await s.advance(25_000);
    const at = s.clock.now();
    expect(s.apply({ ...row, interval: 7, updatedAt: 1 })).toBe('replanned');
    await s.advance(30_000);
    expect(s.plannedOf('a').filter((tick) => tick > at)).toEqual(grid('a', 7, at, at + 30_000));
  });

  it('that resumes one which the load did not see makes nothing up for it', async () => {
    open(START);
    s.start();
    await s.advance(60_020);
    expect(s.apply(monitor('a', { interval: 1 }))).toBe('added');
    await s.advance(2050);
    expect(s.plannedOf('a')).toEqual(grid('a', 1, START + 60_020, START + 62_050));
    expect(s.books.snapshot()).toMatchObject({ planned: 2, skipped: { missed: 0 } });
  });

  it('of anything else moves nothing', async () => {
    open(START);
    const row = monitor('a', { interval: 10 });
    s.start(row);
    await s.advance(4000);
    expect(s.apply({ ...row, name: 'b', timeout: 3, priority: 'low', updatedAt: 1 })).toBe('none');
    await s.advance(60_050);
    expect(s.plannedOf('a')).toEqual(grid('a', 10, START, START + 64_000));
    expect([...s.queue.tasks.values()].at(-1)!.task.queue).toBe('low');
  });

  it('that an older reading brings after it changes nothing', () => {
    open(START);
    const row = monitor('a', { interval: 10 });
    s.start({ ...row, active: false, updatedAt: 2 });
    expect(s.apply({ ...row, updatedAt: 1 })).toBe('none');
    expect(s.schedule.size).toBe(0);
  });

  it('of a plan whose tick is due leaves that one due', async () => {
    open(START, { SCHEDULER_QUANTUM_MS: '1000' });
    const row = monitor('a', { interval: 10 });
    const [tick = 0] = grid('a', 10, START, START + 10_000);
    s.start(row);
    await s.advance(tick + 1 - START);
    expect(s.queue.ids).toEqual([]);
    s.apply({ ...row, interval: 3600, updatedAt: 1 });
    expect(s.books.snapshot()).toMatchObject({ planned: 1, waiting: 1 });
    await s.advance(1000);
    expect(s.plannedOf('a')).toEqual([tick]);
  });

  it('that pauses or deletes gives up what waits', async () => {
    open(START, { SCHEDULER_QUANTUM_MS: '1000' });
    s.start(monitor('a', { cron: '* * * * *' }), monitor('b', { cron: '* * * * *' }));
    s.queue.failure = { error: away };
    await s.advance(60_000);
    expect(s.books.snapshot()).toMatchObject({ planned: 2, waiting: 2 });
    s.apply(monitor('a', { cron: '* * * * *', active: false, updatedAt: 1 }));
    s.schedule.remove('b', s.clock.now());
    s.queue.failure = null;
    await s.advance(10_000);
    expect(s.queue.ids).toEqual([]);
    expect(s.books.snapshot()).toMatchObject({ planned: 2, waiting: 0, skipped: { paused: 2 } });
  });
});

describe('a row that makes no sense', () => {
  it('is passed over, told, and scheduled when it is mended', async () => {
    open(START);
    const bad = monitor('bad', { interval: 0 });
    s.start(bad, monitor('good', { interval: 1 }));
    expect(s.schedule.faults.get('bad')).toContain('interval');
    expect(s.apply(bad)).toBe('none');
    await s.advance(2050);
    expect(s.plannedOf('good')).toHaveLength(2);
    const at = s.clock.now();
    expect(s.apply({ ...bad, interval: 1, updatedAt: 1 })).toBe('resumed');
    await s.advance(3050);
    expect(s.plannedOf('bad').slice(0, 3)).toEqual(grid('bad', 1, at, at + 3000));
    expect(s.schedule.faults.size).toBe(0);
  });

  it('may become one, and one that is paused is none', () => {
    open(START);
    s.start(monitor('a'), monitor('b', { cron: 'x', active: false }));
    expect(s.schedule.faults.size).toBe(0);
    expect(s.apply(monitor('a', { timezone: 'x', cron: '* * * * *', updatedAt: 1 }))).toBe('unschedulable');
    expect(s.apply(monitor('b', { cron: 'x', updatedAt: 1 }))).toBe('unschedulable');
    expect([s.schedule.size, s.schedule.faults.size]).toEqual([0, 2]);
    expect(s.apply(monitor('b', { cron: '* * * * *', updatedAt: 2 }))).toBe('resumed');
    expect([s.schedule.size, s.schedule.faults.size]).toEqual([1, 1]);
  });
});
