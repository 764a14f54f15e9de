import { beforeEach, expect, it } from '@jest/globals';
import { AlertTable, openOutbox, quiet, TestWay } from '../../../../test/support/alert-table.js';
import { ManualClock } from '../../../../test/support/manual-clock.js';
import { AppError } from '../../../core/errors.js';
import type { WayEnd } from './alert-way.js';

const START = 1_700_000_000_000;

let clock: ManualClock;
let table: AlertTable;
let hook: TestWay;
let lines: string[];
beforeEach(() => {
  clock = new ManualClock(START);
  table = new AlertTable(clock);
  hook = new TestWay('ALERT_WEBHOOK_URL');
  lines = [];
});

const opened = () => openOutbox({ table, ways: [hook], lines, clock });
const left = () => table.left;

it('alerts whose lease is nearly over are left to whoever is next', async () => {
  const outbox = opened();
  hook.send = (alert) => {
    hook.sent.push(alert.id);
    return clock.sleep(9_000).then(() => ({ end: 'sent' as const }));
  };
  for (let index = 0; index < 20; index += 1) table.add(String(index));
  outbox.wake();
  await quiet();
  await clock.advance(300_000);
  await quiet();
  expect(hook.sent).toEqual(Array.from({ length: 20 }, (_, index) => String(index)));
  expect(table.rows.map(({ alert }) => alert.attempts)).toEqual([
    ...Array<number>(7).fill(1),
    ...Array<number>(7).fill(2),
    ...Array<number>(6).fill(3),
  ]);
  expect(left()).toEqual([]);
});

it('one that cannot be settled harms no other, and stop waits for all', async () => {
  const outbox = opened();
  const settle = table.settleAlert;
  Object.assign(table, {
    settleAlert: (id: string, nextAt: number | null) =>
      id === '1' ? Promise.reject(new AppError('MONITOR_STORE_UNAVAILABLE', 'Away.')) : settle(id, nextAt),
  });
  let open: (end: WayEnd) => void = () => undefined;
  hook.send = ({ id }) =>
    id === '2' ? new Promise((resolve) => (open = resolve)) : Promise.resolve({ end: 'sent' });
  table.add('1');
  table.add('2', 'n');
  outbox.wake();
  await quiet();
  expect(await outbox.stop(20)).toBe(false);
  open({ end: 'sent' });
  await quiet();
  expect(lines.join()).toContain('Away');
  expect(left()).toEqual(['1']);
});

it('stop is over in its time when the store does not answer', async () => {
  const outbox = opened();
  Object.assign(table, { pendingAlerts: () => new Promise(() => undefined) });
  outbox.start();
  await quiet();
  await clock.advance(12_000);
  expect(await outbox.stop(20)).toBe(false);
});

it('a wish that comes right when a round ends is heard', async () => {
  for (let turns = 0; turns < 60; turns += 1) {
    const outbox = opened();
    table.add(`a${turns}`);
    outbox.wake();
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    table.add(`b${turns}`);
    outbox.wake();
    await quiet();
    expect(left()).toEqual([]);
  }
});

it('on stop nothing new begins, and what was taken is free for others at once', async () => {
  const outbox = opened();
  let open: (end: WayEnd) => void = () => undefined;
  hook.send = () => new Promise((resolve) => (open = resolve));
  table.add('1');
  table.add('2');
  outbox.wake();
  await quiet();
  const stopped = outbox.stop(5_000);
  open({ end: 'sent' });
  expect(await stopped).toBe(true);
  expect(left()).toEqual(['2']);
  expect(table.rows[1]!.dueAt).toBe(START);
});
