import { ManualClock } from '../../../test/support/manual-clock.js';
import { Rounds, type RoundsOptions } from './rounds.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('rounds', () => {
  const clock = new ManualClock();
  let begun: number[];
  let errors: unknown[];

  function start(run: RoundsOptions['run']): Rounds {
    begun = [];
    errors = [];
    const since = clock.monotonic();
    return new Rounds({
      run: (signal) => {
        begun.push(clock.monotonic() - since);
        return run(signal);
      },
      onError: (error) => errors.push(error),
      capMs: 1_000,
      clock,
    });
  }

  it('begin at once and rest as long as each says', async () => {
    let rest = 0;
    const rounds = start(() => Promise.resolve((rest += 100)));
    await turn();
    await clock.advance(350);
    expect(begun).toEqual([0, 100, 300]);
    await rounds.stop();
    await clock.advance(10_000);
    expect(begun).toHaveLength(3);
  });

  it('are woken from their rest, also one without an end, and by what came during a round', async () => {
    let letGo!: () => void;
    const rounds = start(() => new Promise((resolve) => (letGo = () => resolve(Infinity))));
    rounds.wake();
    rounds.wake();
    letGo();
    await turn();
    expect(begun).toHaveLength(2);
    letGo();
    await turn();
    await clock.advance(100_000);
    expect(begun).toHaveLength(2);
    rounds.wake();
    await turn();
    expect(begun).toHaveLength(3);
    letGo();
    await rounds.stop();
  });

  it('are woken in time, once, and not where they begin sooner anyway', async () => {
    const rounds = start(() => Promise.resolve(1_000));
    await turn();
    rounds.wakeIn(5_000);
    rounds.wakeIn(300);
    rounds.wakeIn(400);
    await clock.advance(999);
    expect(begun).toEqual([0, 300]);
    await clock.advance(301);
    expect(begun).toEqual([0, 300, 1_300]);
    await rounds.stop();
  });

  it('are woken in time also by what was said during a round', async () => {
    const lets: (() => void)[] = [];
    const rounds = start(() => new Promise((resolve) => lets.push(() => resolve(1_000))));
    rounds.wakeIn(500);
    rounds.wakeIn(300);
    await clock.advance(100);
    lets.pop()!();
    await turn();
    await clock.advance(199);
    expect(begun).toEqual([0]);
    await clock.advance(1);
    expect(begun).toEqual([0, 300]);
    lets.pop()!();
    await turn();
    await clock.advance(999);
    expect(begun).toEqual([0, 300]);
    await clock.advance(1);
    expect(begun).toEqual([0, 300, 1_300]);
    lets.pop()!();
    await rounds.stop();
  });

  it('go on after failures, with a back-off that no wake cuts short', async () => {
    let fails = true;
    const rounds = start(() => (fails ? Promise.reject(new Error('no')) : Promise.resolve(Infinity)));
    await turn();
    for (let i = 0; i < 1_000; i += 1) rounds.wake();
    await turn();
    expect(begun.length).toBeLessThan(5);
    await clock.advance(10_000);
    expect(errors.length).toBeGreaterThan(8);
    fails = false;
    await clock.advance(2_000);
    const count = begun.length;
    await clock.advance(100_000);
    expect(begun).toHaveLength(count);
    await rounds.stop();
  });
});
