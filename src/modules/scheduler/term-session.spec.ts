import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { MonitorTable } from '../../../test/support/monitor-table.js';
import { monitor, Scheduling, type TaskSink } from '../../../test/support/scheduling.js';
import { AppError } from '../../core/errors.js';
import type { Term } from '../../ports/leader-lease.port.js';
import type { MonitorStore, NewAlert, QuietMonitor } from '../../ports/monitor-store.port.js';
import type { TaskQueue } from '../../ports/task-queue.port.js';
import { TermSession } from './term-session.js';
import { balance } from './time/books.js';

const START = Date.parse('2026-05-04T10:00:00Z');
const away = new AppError('MONITOR_STORE_UNAVAILABLE', 'The database is away.');

let s: Scheduling;
let table: MonitorTable;
let queue: TaskSink & { failed?: boolean };
let lost: AbortController;
let log: string[];
let jobs: Map<string, () => Promise<unknown>>;
let quiet: QuietMonitor[];
let marked: NewAlert[];
const sessions: TermSession[] = [];

beforeEach(() => {
  s = new Scheduling(START);
  table = new MonitorTable(s.clock);
  queue = s.queue;
  log = [];
  jobs = new Map();
  quiet = [];
  marked = [];
});
afterEach(async () => {
  lost.abort();
  for (const session of sessions.splice(0)) await session.finish(0);
  expect(balance(s.books.snapshot())).toBe(0);
  expect(s.books.snapshot().waiting).toBe(0);
  expect(jobs.size).toBe(0);
});

/** A term that this process wins at this moment. */
function begin(): TermSession {
  lost = new AbortController();
  const fence = { key: 'k', holder: 'h', isHeld: true };
  const term: Term = { number: 7, since: s.clock.now(), lost: lost.signal, leftMs: Infinity, fence };
  const periodic = {
    every: (_: number, name: string, job: () => Promise<unknown>) => {
      jobs.set(name, job);
      return () => void jobs.delete(name);
    },
  };
  const logger = pino(
    {},
    { write: (line: string) => void log.push((JSON.parse(line) as { msg: string }).msg) },
  );
  const store = {
    ...table.store,
    quiet: () => Promise.resolve(quiet),
    markSilent: (alerts: NewAlert[]) => Promise.resolve(marked.push(...alerts)),
  } as unknown as MonitorStore;
  const { settings, enqueuer, books, metrics, clock } = s;
  const session = new TermSession(
    {
      queue: queue as unknown as TaskQueue,
      store,
      settings,
      periodic,
      enqueuer,
      books,
      metrics,
      clock,
      logger,
    },
    term,
  );
  sessions.push(session);
  return session;
}

describe('a term', () => {
  it('begins now where the queue has no watermark, says so, and writes it', async () => {
    table.write(monitor('a', { interval: 1 }));
    begin();
    await s.advance(10);
    expect(queue.watermarkNow).toBe(START);
    expect(log.join()).toContain('ticks begin now');
    expect(log).toContain('Syncing monitors with scheduler');
    expect(log).toContain('Synced 1 active monitors');
    await s.advance(5000);
    expect(s.plannedOf('a').every((tick) => tick > START)).toBe(true);
  });

  it('makes up for what nobody enqueued since the watermark', async () => {
    table.write(monitor('a', { cron: '* * * * *' }));
    queue.watermarkNow = START - 150_000;
    begin();
    await s.advance(10);
    // `latest`
    expect(s.plannedOf('a')).toEqual([START]);
    expect(s.books.snapshot()).toMatchObject({ planned: 3, skipped: { missed: 2 } });
  });

  it('writes its own watermark back to a queue that lost its memory', async () => {
    table.write(monitor('a', { cron: '* * * * *' }));
    begin();
    await s.advance(30_000);
    lost.abort();
    queue.watermarkNow = null;
    await s.advance(60_000);
    begin();
    await s.advance(10);
    expect(log.join()).toContain('written back');
    expect(s.plannedOf('a')).toEqual([START + 60_000]);
  });

  it('does not wait for a clock that was ahead', async () => {
    table.write(monitor('a', { interval: 1 }));
    queue.watermarkNow = START + 3_600_000;
    begin();
    await s.advance(3050);
    expect(s.plannedOf('a')).toHaveLength(3);
    expect(queue.watermarkNow).toBeLessThanOrEqual(START + 3050);
  });

  it('begins when the database is back, and tells why it cannot meanwhile', async () => {
    table.write(monitor('a', { interval: 1 }));
    table.failure = away;
    const session = begin();
    await s.advance(20_000);
    expect([session.state, session.trouble?.code]).toEqual(['loading', 'MONITOR_STORE_UNAVAILABLE']);
    table.failure = null;
    await s.advance(6000);
    expect([session.state, session.trouble]).toEqual(['running', null]);
    expect(s.plannedOf('a').length).toBeGreaterThan(0);
  });

  it('that is lost leaves nothing that could be enqueued', async () => {
    table.write(monitor('a', { interval: 1 }));
    const session = begin();
    await s.advance(3050);
    lost.abort();
    session.onEvent({ type: 'monitor.updated', monitor: { id: 'a' } });
    await s.advance(60_000);
    expect(s.plannedOf('a')).toHaveLength(3);
    expect([session.state, session.schedule?.size]).toEqual(['over', 0]);
  });

  it('that the queue denies while the lease does not is begun anew', async () => {
    table.write(monitor('a', { interval: 1 }));
    const session = begin();
    await s.advance(2050);
    queue.failure = { error: new AppError('LEASE_LOST', 'not yours') };
    await s.advance(1500);
    queue.failure = null;
    await s.advance(10_000);
    expect(session.state).toBe('running');
    expect(s.books.snapshot().skipped.fenced).toBeGreaterThan(0);
    expect(s.plannedOf('a').length).toBeGreaterThan(8);
  });

  it('that falls over a mistake of ours says so, and begins anew with all that was due', async () => {
    table.write(monitor('a', { interval: 1 }));
    const session = begin();
    await s.advance(2050);
    const fail = () => {
      throw new Error('a mistake');
    };
    session.schedule!.entries.get('a')!.grid = { next: fail, latest: fail, count: () => 0 };
    for (let i = 0; i < 25 && session.trouble === null; i += 1) await s.advance(50);
    expect([session.state, session.trouble?.code]).toEqual(['loading', 'INTERNAL']);
    expect(log.join()).toContain('begins anew');
    expect(jobs.size).toBe(0);
    await s.advance(5000);
    expect([session.state, session.trouble]).toEqual(['running', null]);
    expect(s.plannedOf('a').length).toBeGreaterThanOrEqual(5);
  });

  it('follows events, and what came while they could not be heard', async () => {
    const session = begin();
    await s.advance(100);
    table.write(monitor('a', { createdAt: s.clock.now() }));
    session.onEvent({ type: 'monitor.created', monitor: { id: 'a' } });
    await s.advance(100);
    expect(s.plannedOf('a')).toHaveLength(1);
    table.rows.delete('a');
    table.write(monitor('b', { createdAt: s.clock.now() }));
    session.onGap();
    await s.advance(1000);
    expect([...session.schedule!.entries.keys()]).toEqual(['b']);
  });

  it('finishes: what is due is in the queue, the watermark is written, and no job is left', async () => {
    table.write(monitor('a', { cron: '* * * * *' }));
    const session = begin();
    await s.advance(59_970);
    s.clock.stall(40);
    expect(await session.finish(1000)).toBeNull();
    expect(s.plannedOf('a')).toEqual([START + 60_000]);
    expect(queue.watermarkNow).toBe(START + 60_010);
  });

  it('that cannot finish in time says what is left', async () => {
    table.write(monitor('a', { cron: '* * * * *' }));
    const session = begin();
    await s.advance(1000);
    queue.failure = { error: new AppError('TASK_QUEUE_UNAVAILABLE', 'away') };
    await s.advance(59_100);
    expect(await session.finish(20)).toContain('1 due health check tasks');
    expect(s.books.snapshot().skipped.fenced).toBe(1);
  });

  it('looks for silent monitors, giving workers three intervals from its begin', async () => {
    quiet = [{ id: 'a', interval: 60, cron: null, timezone: null, lastAt: START - 3_600_000 }];
    begin();
    await s.advance(179_000);
    await jobs.get('look for silent monitors')!();
    expect(marked).toEqual([]);
    await s.advance(2000);
    await jobs.get('look for silent monitors')!();
    expect(marked).toEqual([
      {
        kind: 'silent',
        monitorId: 'a',
        from: null,
        to: null,
        at: s.clock.now(),
        latencyMs: null,
        message: 'No result since 2026-05-04T09:00:00.000Z, although it is checked every 60 s.',
      },
    ]);
  });
});
