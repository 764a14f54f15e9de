import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MonitorTable } from '../../../../test/support/monitor-table.js';
import { monitor, Scheduling } from '../../../../test/support/scheduling.js';
import { AppError } from '../../../core/errors.js';
import { balance } from '../time/books.js';
import { Follower } from './follower.js';
import { MonitorSync } from './monitor-sync.js';

const START = Date.parse('2026-05-04T10:00:00Z');

let s: Scheduling;
let table: MonitorTable;
let sync: MonitorSync;
let follower: Follower;

beforeEach(() => {
  s = new Scheduling(START);
  table = new MonitorTable(s.clock);
  const parts = { store: table.store, clock: s.clock, metrics: s.metrics, logger: s.logger };
  sync = new MonitorSync(parts, s.schedule, () => s.pump.wake(), s.lost.signal);
  follower = new Follower({ sync, clock: s.clock, logger: s.logger, signal: s.lost.signal });
});
afterEach(async () => {
  await s.stop();
  expect(balance(s.books.snapshot())).toBe(0);
});

/** Loads what is in the table, and begins to tick. */
async function begin(): Promise<void> {
  await sync.full('load');
  s.start();
  await s.advance(0);
}

const plans = () =>
  new Map([...s.schedule.entries.values()].map(({ id, isOn, at }) => [id, isOn ? at : null]));

describe('the load', () => {
  it('reads all active monitors by pages', async () => {
    for (let i = 0; i < 4500; i += 1) table.write(monitor(`m${i}`, { active: i % 9 !== 0 }));
    const report = await sync.full('load');
    expect(report).toMatchObject({ read: 4000, added: 4000, removed: 0, unschedulable: 0 });
    expect(s.schedule.size).toBe(4000);
    expect(table.queries.filter((name) => name === 'schedules')).toHaveLength(3);
  });

  it('takes over nothing when the term ends meanwhile', async () => {
    table.write(monitor('a'));
    table.beforeAnswer = () => s.lost.abort();
    await sync.full('load');
    expect(s.schedule.entries.size).toBe(0);
  });
});

describe('a full sync', () => {
  it('finds what no event told: added, edited, paused, deleted', async () => {
    for (const id of ['same', 'edited', 'paused', 'deleted']) table.write(monitor(id));
    await begin();
    const same = s.schedule.entries.get('same')!.at;
    await s.advance(5);
    table.write(monitor('edited', { interval: 30 }));
    table.write(monitor('paused', { active: false }));
    table.rows.delete('deleted');
    table.write(monitor('added', { createdAt: s.clock.now() }));
    expect(await sync.full()).toMatchObject({ added: 1, updated: 1, removed: 2 });
    expect([...plans().keys()].sort()).toEqual(['added', 'edited', 'paused', 'same']);
    expect(plans().get('paused')).toBeNull();
    expect(plans().get('same')).toBe(same);
  });

  it('finds what was deleted while it was paused', async () => {
    table.write(monitor('a'));
    await begin();
    table.write(monitor('a', { active: false }));
    await sync.read(['a']);
    table.rows.delete('a');
    await sync.full();
    expect(s.schedule.entries.size).toBe(0);
  });

  it('that is asked for again and again while one runs is one more', async () => {
    table.write(monitor('a'));
    await begin();
    const before = table.queries.filter((name) => name === 'schedules').length;
    let asked: Promise<unknown>[] = [];
    table.beforeAnswer = () => {
      table.beforeAnswer = null;
      asked = Array.from({ length: 50 }, () => sync.full());
    };
    await sync.full();
    expect(new Set(await Promise.all(asked)).size).toBe(1);
    expect(table.queries.filter((name) => name === 'schedules')).toHaveLength(before + 2);
    expect(await sync.full()).toMatchObject({ read: 1 });
  });

  it('that fails half-way removes nothing', async () => {
    table.write(monitor('a'));
    await begin();
    table.failure = new AppError('MONITOR_STORE_UNAVAILABLE', 'away');
    await expect(sync.full()).rejects.toMatchObject({ code: 'MONITOR_STORE_UNAVAILABLE' });
    expect(plans().size).toBe(1);
  });

  it('does not bring back what is deleted while its rows are on their way', async () => {
    table.write(monitor('a'));
    await begin();
    table.beforeAnswer = () => {
      table.beforeAnswer = null;
      table.rows.delete('a');
      sync.deleted('a');
    };
    await sync.read(['a']);
    expect(s.schedule.entries.size).toBe(0);
    table.write(monitor('a'));
    await sync.read(['a']);
    expect(plans().size).toBe(1);
  });

  it('does not bring back what is deleted while its page is read ahead', async () => {
    for (let i = 0; i < 4500; i += 1) table.write(monitor(`m${i}`));
    await begin();
    let pages = 0;
    table.beforeAnswer = () => {
      pages += 1;
      if (pages !== 2) return;
      table.rows.delete('m999');
      sync.deleted('m999');
    };
    await sync.full();
    expect(s.schedule.entries.has('m999')).toBe(false);
    expect(s.schedule.size).toBe(4499);
  });

  it('does not undo an edit that was read while its own rows were on their way', async () => {
    table.write(monitor('a'));
    await begin();
    table.beforeAnswer = async () => {
      if (table.queries.at(-1) !== 'schedules') return;
      table.beforeAnswer = null;
      table.write(monitor('a', { active: false }));
      await sync.read(['a']);
    };
    await sync.full();
    expect(plans().get('a')).toBeNull();
  });
});

describe('the delta', () => {
  it('reads what was edited since, with an overlap of 30 s for what was written late', async () => {
    table.write(monitor('late', { createdAt: START }));
    await begin();
    table.rows.delete('late');
    await s.advance(60_000);
    await sync.delta();
    await s.advance(20_000);
    // Written by a clock, or a transaction, that is 25 s behind.
    table.rows.set('late', monitor('late', { updatedAt: s.clock.now() - 25_000, interval: 7 }));
    table.rows.set('older', monitor('older', { updatedAt: START + 20_000 }));
    await sync.delta();
    expect([...plans().keys()]).toEqual(['late']);
    expect(sync.reports.delta).toMatchObject({ read: 1, updated: 1 });
  });
});

describe('events', () => {
  const told = (id: string) => follower.onEvent({ type: 'monitor.updated', monitor: { id } });

  it('of 1,000 monitors take effect within a tenth of a second, in one query', async () => {
    await begin();
    const before = table.queries.length;
    for (let i = 0; i < 1000; i += 1) {
      table.write(monitor(`m${i}`, { createdAt: s.clock.now() }));
      told(`m${i}`);
    }
    await s.advance(100);
    expect(s.schedule.size).toBe(1000);
    expect(table.queries.slice(before)).toEqual(['schedulesOf']);
    for (let i = 0; i < 1000; i += 1) follower.onEvent({ type: 'monitor.deleted', id: `m${i}` });
    expect(s.schedule.size).toBe(0);
  });

  it('are kept while the store is away, and read when it is back', async () => {
    await begin();
    table.failure = new AppError('MONITOR_STORE_UNAVAILABLE', 'away');
    table.write(monitor('a'));
    told('a');
    await s.advance(60_000);
    expect(s.schedule.size).toBe(0);
    table.failure = null;
    await s.advance(16_000);
    expect(s.schedule.size).toBe(1);
  });

  it('that may have been missed are made up for soon', async () => {
    await begin();
    table.write(monitor('missed', { createdAt: START - 100_000 }));
    follower.onGap();
    follower.onGap();
    await s.advance(500);
    expect(s.schedule.size).toBe(1);
    expect(table.queries.filter((name) => name === 'changedSince')).toHaveLength(1);
  });
});
