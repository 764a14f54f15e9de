import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../../../test/support/manual-clock.js';
import type { CheckOutcome } from '../../../checks/define-check.js';
import { ResolverError } from '../../../checks/targets/target-net.js';
import { Observer, type Seen } from './observer.js';

const down: CheckOutcome = { found: 'down', message: 'no answer within 1000 ms', latencyMs: null };
const up: CheckOutcome = { found: 'up', message: '200', latencyMs: 5 };

let clock: ManualClock;
let observer: Observer;
beforeEach(() => {
  clock = new ManualClock(1_000_000);
  observer = new Observer(500, clock);
  observer.watch();
});

function see(given: Partial<Seen> = {}): string {
  const seen = { target: 'a.example:80', outcome: down, error: undefined, isLate: true, ...given };
  return observer.believed({ since: clock.monotonic(), ...seen }).found;
}
const noDns = (target: string) =>
  see({
    target,
    error: new ResolverError('the DNS does not answer'),
    isLate: false,
    outcome: { ...down, found: 'unknown' },
  });
const noSockets = (target: string) =>
  see({
    target,
    error: Object.assign(new Error('x'), { code: 'EMFILE' }),
    isLate: false,
    outcome: { ...down, found: 'unknown' },
  });

describe('the event loop', () => {
  it('held up during a check: what it found down is unknown, what it found up is up', async () => {
    const since = clock.monotonic();
    clock.stall(700);
    await clock.advance(50);
    expect(see({ since })).toBe('unknown');
    expect(see({ since, outcome: up })).toBe('up');
    expect(
      observer.believed({ target: 'a:1', outcome: down, error: undefined, isLate: true, since }).message,
    ).toBe('Not known, since this process was held up for 650 ms; it found: no answer within 1000 ms');
  });

  it('is noticed also by who ran before the beat', () => {
    const since = clock.monotonic();
    clock.stall(700);
    expect(see({ since })).toBe('unknown');
  });

  it('held up before the check, or not for so long, changes nothing', async () => {
    clock.stall(700);
    await clock.advance(50);
    expect(see()).toBe('down');
    const since = clock.monotonic();
    clock.stall(400);
    await clock.advance(100);
    expect(see({ since })).toBe('down');
  });

  it('is watched while a check is under way; then nothing wakes up', async () => {
    let sleeps = 0;
    class Counted extends ManualClock {
      override sleep(ms: number, signal?: AbortSignal): Promise<void> {
        sleeps += 1;
        return super.sleep(ms, signal);
      }
    }
    const own = new Counted(1_000_000);
    const idle = new Observer(500, own);
    const found = (since: number) =>
      idle.believed({ target: 'a:1', outcome: down, error: undefined, isLate: true, since }).found;
    own.stall(700);
    const over = idle.watch();
    const since = own.monotonic();
    expect(found(since)).toBe('down');
    own.stall(700);
    over();
    expect(found(since)).toBe('unknown');
    await own.advance(50);
    const before = sleeps;
    await own.advance(10_000);
    expect(sleeps).toBe(before);
    idle.watch();
    expect(sleeps).toBe(before + 1);
  });

  it('is an illness when it happens again and again, and heals', async () => {
    for (let times = 0; times < 5; times += 1) {
      expect(observer.trouble).toBeNull();
      clock.stall(700);
      await clock.advance(50);
    }
    expect(observer.trouble).toMatchObject({ code: 'OBSERVER_ILL' });
    await clock.advance(31_000);
    expect(observer.trouble).toBeNull();
  });
});

it('a real event loop that is held up is noticed', () => {
  const real = new Observer(50);
  real.watch();
  const since = performance.now();
  while (performance.now() - since < 200);
  const seen = { target: 'a:1', outcome: down, error: undefined, isLate: true, since };
  expect(real.believed(seen).found).toBe('unknown');
  return real.stop();
});

describe('the DNS', () => {
  it('dead for three hosts in a row: a host of which nothing was heard is unknown', () => {
    for (const host of ['a', 'b', 'c']) noDns(`${host}.example:80`);
    expect(observer.trouble?.message).toContain('DNS');
    expect(see()).toBe('unknown');
  });

  it('says nothing of a target that was heard of, nor of an address', () => {
    for (const host of ['a', 'b', 'c']) noDns(`${host}.example:80`);
    expect(see({ target: '192.0.2.1:80' })).toBe('down');
    expect(see({ target: '[2001:db8::1]:80' })).toBe('down');
    expect(see({ target: null })).toBe('down');
    const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    expect(see({ isLate: false, error: refused })).toBe('down');
  });

  it('of one or two hosts is their own', () => {
    for (let times = 0; times < 9; times += 1) noDns(`${'ab'[times % 2]}.example:80`);
    expect(see()).toBe('down');
  });

  it('three hosts whose names nobody can read are no illness while others answer', () => {
    for (let times = 0; times < 9; times += 1) {
      noDns(`${'abc'[times % 3]}.example:80`);
      see({ target: 'well.example:80', outcome: up, isLate: false });
    }
    expect(observer.trouble).toBeNull();
  });

  it('an address that answers does not prove it', () => {
    for (const host of ['a', 'b', 'c']) noDns(`${host}.example:80`);
    see({ target: '192.0.2.1:80', outcome: up, isLate: false });
    expect(see()).toBe('unknown');
  });

  it('heals with time', async () => {
    for (const host of ['a', 'b', 'c']) noDns(`${host}.example:80`);
    await clock.advance(31_000);
    expect(see()).toBe('down');
  });
});

it('no sockets: nothing that was not heard of is down, addresses neither', () => {
  for (const host of ['a', 'b', 'c']) noSockets(`${host}.example:80`);
  expect(observer.isIll('sockets')).toBe(true);
  expect(see({ target: '192.0.2.1:80' })).toBe('unknown');
  see({ target: '192.0.2.1:80', outcome: up, isLate: false });
  expect(see()).toBe('down');
});
