import { expect, it } from '@jest/globals';
import { ManualClock } from '../../../../test/support/manual-clock.js';
import { HostTurns } from './host-turns.js';

const never = new AbortController().signal;
const opened = (perHost: number, mostWaiting = 10, clock = new ManualClock()) => ({
  turns: new HostTurns({ perHost, mostWaiting, clock }),
  clock,
});
const settle = () => new Promise((resolve) => setImmediate(resolve));

it('so many at once to one target, then the one that has waited longest; others are not held up', async () => {
  const { turns } = opened(2);
  const order: string[] = [];
  const come = async (name: string, target = 'a:80') => {
    const back = await turns.take(target, 1_000, never);
    order.push(name);
    return back!;
  };
  const [first] = [await come('1'), await come('2')];
  void come('3');
  void come('4');
  await settle();
  expect(order).toEqual(['1', '2']);
  await come('5', 'b:80');
  first();
  await settle();
  expect(order).toEqual(['1', '2', '5', '3']);
});

it('who has waited for its time gets no turn, and takes none from the next', async () => {
  const { turns, clock } = opened(1);
  const back = (await turns.take('a', 1_000, never))!;
  const late = turns.take('a', 1_000, never);
  const next = turns.take('a', 5_000, never);
  await clock.advance(1_000);
  expect(await late).toBeNull();
  back();
  expect(await next).not.toBeNull();
});

it('an end from outside ends the waiting', async () => {
  const { turns } = opened(1);
  const back = (await turns.take('a', 1_000, never))!;
  const abort = new AbortController();
  const waiting = turns.take('a', 1_000, abort.signal);
  abort.abort();
  // In the same moment: it is not the turn of who has just left.
  back();
  expect(await waiting).toBeNull();
  expect(await turns.take('a', 1_000, never)).not.toBeNull();
  expect(await turns.take('a', 1_000, AbortSignal.abort())).toBeNull();
});

it('so many wait at most, of all targets', async () => {
  const { turns } = opened(1, 1);
  await turns.take('a', 1_000, never);
  await turns.take('b', 1_000, never);
  void turns.take('a', 1_000, never);
  await expect(turns.take('b', 1_000, never)).rejects.toMatchObject({ code: 'BUFFER_FULL' });
});
