import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../test/support/manual-clock.js';
import { CIRCUIT_STATES, CircuitBreaker } from './circuit-breaker.js';

let clock: ManualClock;
let breaker: CircuitBreaker;

beforeEach(() => {
  clock = new ManualClock(1000);
  breaker = new CircuitBreaker({
    failures: 3,
    openMs: 100,
    maxOpenMs: 350,
    monotonic: () => clock.monotonic(),
    random: () => 0.999_999,
  });
});

const fail = (times: number) => {
  for (let i = 0; i < times; i += 1) breaker.enter()?.failed();
};
/** How long it stays open, to the nearest 10 ms. */
const openFor = () => Math.round(breaker.retryInMs / 10) * 10;

describe('CircuitBreaker', () => {
  it('opens after so many failures in a row, and not when one between them was none', () => {
    fail(2);
    breaker.enter()?.succeeded();
    fail(2);
    expect(breaker.state).toBe('closed');
    fail(1);
    expect(breaker.state).toBe('open');
    expect(breaker.admits).toBe(false);
    expect(breaker.enter()).toBeNull();
    expect(CIRCUIT_STATES[breaker.state]).toBe(2);
  });

  it('lets one probe through when its time is over, and closes when that succeeds', async () => {
    fail(3);
    expect(openFor()).toBe(100);
    await clock.advance(99);
    expect(breaker.enter()).toBeNull();
    await clock.advance(1);
    expect(breaker.state).toBe('half-open');
    expect(breaker.admits).toBe(true);
    const probe = breaker.enter();
    expect(probe).not.toBeNull();
    expect(breaker.admits).toBe(false);
    expect(breaker.enter()).toBeNull();
    probe?.succeeded();
    expect(breaker.state).toBe('closed');
    fail(2); // counted from the beginning
    expect(breaker.state).toBe('closed');
  });

  it('stays open for longer after each failed probe, up to a bound, and begins anew when it had closed', async () => {
    fail(3);
    const times = [];
    for (let i = 0; i < 4; i += 1) {
      times.push(openFor());
      await clock.advance(breaker.retryInMs);
      breaker.enter()?.failed();
    }
    expect(times).toEqual([100, 200, 350, 350]);
    await clock.advance(breaker.retryInMs);
    breaker.enter()?.succeeded();
    fail(3);
    expect(openFor()).toBe(100);
  });

  it('is never open for less than half of its time', () => {
    const quick = new CircuitBreaker({
      failures: 1,
      openMs: 100,
      maxOpenMs: 100,
      monotonic: () => 0,
      random: () => 0,
    });
    quick.enter()?.failed();
    expect(quick.retryInMs).toBe(50);
  });

  it('frees the probe’s place when it was withdrawn', async () => {
    fail(3);
    await clock.advance(100);
    breaker.enter()?.withdrawn();
    expect(breaker.state).toBe('half-open');
    expect(breaker.enter()).not.toBeNull();
  });

  it('does not listen to those that began before it opened, nor twice to one', async () => {
    const stragglers = [breaker.enter(), breaker.enter()];
    fail(3);
    stragglers[0]?.failed();
    stragglers[1]?.succeeded();
    expect(breaker.state).toBe('open');
    expect(openFor()).toBe(100);
    await clock.advance(100);
    const probe = breaker.enter();
    probe?.succeeded();
    probe?.failed();
    stragglers[0]?.failed();
    const one = breaker.enter();
    for (let i = 0; i < 3; i += 1) one?.failed();
    expect(breaker.state).toBe('closed');
  });
});
