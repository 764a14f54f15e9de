import { beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ManualClock } from '../../../../test/support/manual-clock.js';
import { defineCheck, type CheckContext, type CheckOutcome } from '../../../checks/define-check.js';
import { openTargetNet } from '../../../checks/targets/open-target-net.js';
import { AppError } from '../../../core/errors.js';
import { Turns } from '../../../core/turns.js';
import type { Monitor, Push } from '../../../ports/monitor-store.port.js';
import { Observer } from '../observer/observer.js';
import { CheckRunner } from './check-runner.js';
import { HostTurns } from './host-turns.js';
import { leftForCheck, timeoutOf } from './time-limits.js';

const START = 1_700_000_000_000;
const up: CheckOutcome = { found: 'up', message: 'there', latencyMs: 3 };

let clock: ManualClock;
let seen: CheckContext[];
let look: (context: CheckContext) => Promise<CheckOutcome>;
let lastPush: () => Promise<Push | null>;
beforeEach(() => {
  clock = new ManualClock(START);
  seen = [];
  look = () => Promise.resolve(up);
  lastPush = () => Promise.resolve(null);
});

const probe = defineCheck({
  type: 'probe',
  describe: 'A check of this test.',
  schema: z.object({ host: z.string() }),
  target: ({ host }) => host,
  run: (_, context) => {
    seen.push(context);
    return look(context);
  },
});

function opened({ perHost = 10, concurrency = 10 } = {}): CheckRunner {
  return new CheckRunner({
    checks: new Map([['probe', probe]]),
    net: openTargetNet({ level: 'any', allow: [], deny: [] }),
    runIsolated: () => Promise.reject(new Error('no check of this test is isolated')),
    observer: new Observer(500, clock),
    lastPush: () => lastPush(),
    hosts: new HostTurns({ perHost, mostWaiting: 10, clock }),
    turns: new Turns(concurrency),
    clock,
  });
}

const monitor = (given: Partial<Monitor> = {}) =>
  ({
    id: 'm',
    name: 'M',
    type: 'probe',
    interval: 60,
    timeout: 10,
    config: { host: 'a' },
    ...given,
  }) as Monitor;
const limits = (ms = 300_000) => ({ deadline: clock.now() + ms, signal: new AbortController().signal });
const hangs = () => new Promise<CheckOutcome>(() => undefined);
const turnOfTheLoop = () => new Promise((resolve) => setImmediate(resolve));

it('looks, and says when it began and ended', async () => {
  look = () => clock.sleep(700).then(() => up);
  const checked = opened().run(monitor(), limits());
  await turnOfTheLoop();
  await clock.advance(1_000);
  expect(await checked).toEqual({
    outcome: up,
    startedAt: START,
    at: START + 700,
    tookMs: 700,
    isKnownType: true,
  });
});

it('a check that hangs is down when the monitor’s timeout is over, and is told to let go', async () => {
  look = hangs;
  const checked = opened().run(monitor(), limits());
  await turnOfTheLoop();
  await clock.advance(10_000);
  expect(await checked).toMatchObject({
    outcome: { found: 'down', message: 'no answer within 10000 ms' },
    at: START + 10_000,
  });
  expect(seen[0]!.signal.aborted).toBe(true);
});

it('the time of the task bounds it too, with time left to write', async () => {
  look = hangs;
  const checked = opened().run(monitor({ timeout: 3_000, interval: 3_600 }), limits(300_000));
  await turnOfTheLoop();
  await clock.advance(285_000);
  expect(await checked).toMatchObject({ outcome: { found: 'down' }, at: START + 285_000 });
});

it('a task that is ended tells nothing of the target', async () => {
  look = hangs;
  const abort = new AbortController();
  const checked = opened().run(monitor(), { ...limits(), signal: abort.signal });
  await turnOfTheLoop();
  abort.abort();
  expect((await checked).outcome.found).toBe('unknown');
});

it('a type without a check is unknown', async () => {
  const odd = await opened().run(monitor({ type: 'quux' }), limits());
  expect(odd).toMatchObject({ isKnownType: false, outcome: { found: 'unknown' } });
  const ping = await opened().run(monitor({ type: 'ping' }), limits());
  expect(ping.outcome.message).toContain('ping');
});

it('a config that cannot be used is unknown, and asks nobody', async () => {
  for (const config of [null, {}, { host: 7 }]) {
    const { outcome } = await opened().run(monitor({ config }), limits());
    expect(outcome.found).toBe('unknown');
  }
  expect(seen).toEqual([]);
});

describe('a check that asks the store for the last push', () => {
  beforeEach(() => {
    look = async (context) => ({ ...up, message: (await context.lastPush())?.message ?? '' });
  });

  it('says nothing of the target while the store is away: it is put off', async () => {
    lastPush = () => Promise.reject(new AppError('MONITOR_STORE_UNAVAILABLE', 'Away.'));
    await expect(opened().run(monitor(), limits())).rejects.toMatchObject({
      code: 'MONITOR_STORE_UNAVAILABLE',
    });
  });

  it('nor when the store does not answer within the timeout', async () => {
    lastPush = () => new Promise(() => undefined);
    const checked = opened().run(monitor(), limits());
    const failed = expect(checked).rejects.toMatchObject({ code: 'MONITOR_STORE_UNAVAILABLE' });
    await turnOfTheLoop();
    await clock.advance(10_000);
    await failed;
  });
});

describe('turns', () => {
  it('a host is asked so often at once; the next looks with all of its own timeout', async () => {
    const runner = opened({ perHost: 1 });
    look = () => clock.sleep(4_000).then(() => up);
    const both = [runner.run(monitor(), limits()), runner.run(monitor(), limits())];
    await turnOfTheLoop();
    expect(seen).toHaveLength(1);
    await clock.advance(8_000);
    expect((await Promise.all(both)).map(({ startedAt }) => startedAt - START)).toEqual([0, 4_000]);
    expect(seen[1]!.timeoutMs).toBe(10_000);
  });

  it('one whose turn does not come within its timeout is unknown: nobody looked', async () => {
    const runner = opened({ perHost: 1 });
    look = hangs;
    void runner.run(monitor({ timeout: 30 }), limits());
    const second = runner.run(monitor({ timeout: 10 }), limits());
    await turnOfTheLoop();
    await clock.advance(10_000);
    expect((await second).outcome).toMatchObject({ found: 'unknown' });
    expect((await second).outcome.message).toContain('WORKER_PER_HOST');
  });

  it('one that has hardly any time left when its turn comes is unknown: nobody looked', async () => {
    const runner = opened({ concurrency: 1 });
    look = () => clock.sleep(8_000).then(() => up);
    const first = runner.run(monitor(), limits());
    const second = runner.run(monitor(), limits(12_000));
    await turnOfTheLoop();
    await clock.advance(20_000);
    expect((await first).outcome.found).toBe('up');
    expect((await second).outcome).toMatchObject({ found: 'unknown' });
    expect((await second).outcome.message).toContain('WORKER_CONCURRENCY');
    expect(seen).toHaveLength(1);
  });

  it('no more checks are under way than WORKER_CONCURRENCY, and each gives its turn back', async () => {
    const runner = opened({ concurrency: 2 });
    look = () => clock.sleep(1_000).then(() => up);
    const all = ['a', 'b', 'c', 'd'].map((host) => runner.run(monitor({ config: { host } }), limits()));
    await turnOfTheLoop();
    expect(seen).toHaveLength(2);
    await clock.advance(2_000);
    expect((await Promise.all(all)).map(({ startedAt }) => startedAt - START)).toEqual([0, 0, 1_000, 1_000]);
  });
});

describe('limits of time', () => {
  it('a timeout that a database cannot mean is 0.8 of the interval', () => {
    expect(timeoutOf({ timeout: 5, interval: 60 })).toBe(5_000);
    expect(timeoutOf({ timeout: 0, interval: 60 })).toBe(48_000);
    expect(timeoutOf({ timeout: -1, interval: 0 })).toBe(10_000);
    expect(timeoutOf({ timeout: 1e9, interval: 2e9 })).toBe(86_400_000);
  });

  it('a check is over before the next tick, also where whole seconds leave no room for that', () => {
    expect(timeoutOf({ timeout: 1, interval: 1 })).toBe(800);
    expect(timeoutOf({ timeout: 90, interval: 60 })).toBe(48_000);
    expect(timeoutOf({ timeout: 3, interval: 0 })).toBe(3_000);
  });

  it('a task leaves time to write its result', () => {
    expect(leftForCheck(300_000, 0)).toBe(285_000);
    expect(leftForCheck(4_000, 0)).toBe(3_000);
    expect(leftForCheck(0, 5_000)).toBe(0);
  });
});
