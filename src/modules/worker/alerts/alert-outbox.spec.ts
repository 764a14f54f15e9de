import { beforeEach, describe, expect, it } from '@jest/globals';
import { AlertTable, openOutbox, quiet, TestWay } from '../../../../test/support/alert-table.js';
import { ManualClock } from '../../../../test/support/manual-clock.js';
import { AppError } from '../../../core/errors.js';
import type { WayEnd } from './alert-way.js';

const START = 1_700_000_000_000;
const HOUR = 3_600_000;

const refusing: WayEnd = { end: 'retry', reason: 'the receiver answered 500', afterMs: null };

let clock: ManualClock;
let table: AlertTable;
let hook: TestWay;
let topic: TestWay;
let lines: string[];
beforeEach(() => {
  clock = new ManualClock(START);
  table = new AlertTable(clock);
  hook = new TestWay('ALERT_WEBHOOK_URL');
  topic = new TestWay('ALERT_TOPIC');
  lines = [];
});

const opened = (ways: TestWay[] = [hook]) => openOutbox({ table, ways, lines, clock });
const left = () => table.left;

it('sends each once, when woken, and settles it', async () => {
  const outbox = opened();
  table.add('1');
  table.add('2', 'n');
  outbox.wake();
  await quiet();
  expect(hook.sent).toEqual(['1', '2']);
  expect(left()).toEqual([]);
  outbox.wake();
  await quiet();
  expect(hook.sent).toHaveLength(2);
});

it('finds what others wrote within seconds, and more than one page', async () => {
  const outbox = opened();
  outbox.start();
  await quiet();
  for (let index = 0; index < 120; index += 1) table.add(String(index), `m${index}`);
  await clock.advance(12_000);
  await quiet();
  expect(hook.sent).toHaveLength(120);
  await outbox.stop(1_000);
});

describe('a receiver that does not take them', () => {
  it('is tried again with growing delays under the same id', async () => {
    const outbox = opened();
    outbox.start();
    hook.answer = () => refusing;
    table.add('1');
    outbox.wake();
    await clock.advance(60_000);
    await quiet();
    expect(hook.sent.length).toBeGreaterThan(2);
    expect(hook.sent.length).toBeLessThan(6);
    hook.answer = () => ({ end: 'sent' });
    await clock.advance(320_000);
    await quiet();
    expect(new Set(hook.sent)).toEqual(new Set(['1']));
    expect(left()).toEqual([]);
    await outbox.stop(1_000);
  });

  it('is waited for as long as it asks', async () => {
    const outbox = opened();
    hook.answer = () => ({ ...refusing, end: 'retry', afterMs: HOUR });
    table.add('1');
    outbox.wake();
    await quiet();
    expect(table.rows[0]!.dueAt).toBe(START + HOUR);
  });

  it('holds up later alerts of the same monitor, not those of others', async () => {
    const outbox = opened();
    hook.answer = ({ id }) => (id === '1' ? { ...refusing, end: 'retry', afterMs: HOUR } : { end: 'sent' });
    for (const [id, monitor] of [
      ['1', 'm'],
      ['2', 'm'],
      ['3', 'n'],
    ] as const)
      table.add(id, monitor);
    outbox.wake();
    await quiet();
    table.add('4', 'm');
    outbox.wake();
    await quiet();
    expect(hook.sent).toEqual(['1', '3']);
    hook.answer = () => ({ end: 'sent' });
    await clock.advance(HOUR + 10);
    outbox.wake();
    await quiet();
    expect(hook.sent).toEqual(['1', '3', '1', '2', '4']);
  });

  it('is given up at last, and the log says so', async () => {
    const outbox = opened();
    hook.answer = () => refusing;
    table.add('1', 'm', { at: START - 24 * HOUR });
    outbox.wake();
    await quiet();
    expect(left()).toEqual([]);
    expect(lines.join()).toContain('given up');
    expect(lines.join()).toContain('answered 500');
  });

  it('that refuses for good is asked once', async () => {
    const outbox = opened();
    hook.answer = () => ({ end: 'refused', reason: 'the receiver answered 410' });
    table.add('1');
    outbox.wake();
    await quiet();
    expect(left()).toEqual([]);
    expect(hook.sent).toEqual(['1']);
  });
});

it('two ways: the one that took it is not asked again', async () => {
  const outbox = opened([hook, topic]);
  topic.answer = () => refusing;
  table.add('1');
  outbox.wake();
  await quiet();
  topic.answer = () => ({ end: 'sent' });
  await clock.advance(20_000);
  outbox.wake();
  await quiet();
  expect([hook.sent, topic.sent]).toEqual([['1'], ['1', '1']]);
  expect(left()).toEqual([]);
});

it('nobody to tell: they are settled, and stand in the log', async () => {
  const outbox = opened([]);
  table.add('1');
  outbox.wake();
  await quiet();
  expect(left()).toEqual([]);
  expect(lines.join()).toContain('Monitor Shop: down. refused');
});

it('of a monitor that is gone nobody is told', async () => {
  const outbox = opened();
  table.add('1', 'gone');
  outbox.wake();
  await quiet();
  expect([hook.sent, left()]).toEqual([[], []]);
});

it('a store that is away is asked again; what was sent and not settled is not sent twice', async () => {
  const outbox = opened();
  outbox.start();
  table.away = true;
  table.add('1');
  outbox.wake();
  await quiet();
  expect(lines.join()).toContain('gives no alerts');
  table.away = false;
  const settle = table.settleAlert;
  Object.assign(table, {
    settleAlert: () => Promise.reject(new AppError('MONITOR_STORE_UNAVAILABLE', 'Away.')),
  });
  await clock.advance(12_000);
  Object.assign(table, { settleAlert: settle });
  expect(left()).toEqual(['1']);
  await clock.advance(140_000);
  await quiet();
  expect(hook.sent).toEqual(['1']);
  expect(left()).toEqual([]);
  await outbox.stop(1_000);
});
