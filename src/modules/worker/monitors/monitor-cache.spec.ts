import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../../../test/support/manual-clock.js';
import type { Monitor } from '../../../ports/monitor-store.port.js';
import { MonitorCache, type CacheBounds } from './monitor-cache.js';

let clock: ManualClock;
let table: Map<string, string>;
let queries: string[][];
let gate: Promise<void> | null;
let broken: Error | null;
beforeEach(() => {
  clock = new ManualClock();
  table = new Map(['a', 'b', 'c', 'd'].map((id) => [id, `${id}1`]));
  queries = [];
  gate = null;
  broken = null;
});

function opened(bounds: Partial<CacheBounds> = {}): MonitorCache {
  return new MonitorCache({
    get: async (ids) => {
      queries.push([...ids]);
      const found = ids.flatMap((id) => {
        const name = table.get(id);
        return name === undefined ? [] : [{ id, name, tags: [], config: {} } as unknown as Monitor];
      });
      await gate;
      if (broken) throw broken;
      return found;
    },
    clock,
    bounds: { most: 100, mostChars: 1_000_000, ttlMs: 60_000, ...bounds },
    random: () => 0,
  });
}

async function names(cache: MonitorCache, ...ids: string[]): Promise<(string | undefined)[]> {
  const found = Promise.all(ids.map((id) => cache.get(id)));
  await clock.advance(3);
  return (await found).map((monitor) => monitor?.name);
}

const updated = (id: string) => ({ type: 'monitor.updated' as const, monitor: { id } });

it('loads those that are asked for within 3 ms in one query, each once, and keeps them', async () => {
  const cache = opened();
  expect(await names(cache, 'a', 'b', 'a')).toEqual(['a1', 'b1', 'a1']);
  expect(await names(cache, 'b', 'a')).toEqual(['b1', 'a1']);
  expect(queries).toEqual([['a', 'b']]);
});

it('one that does not exist is asked for each time: it may exist soon', async () => {
  const cache = opened();
  expect(await names(cache, 'x')).toEqual([undefined]);
  table.set('x', 'x1');
  expect(await names(cache, 'x')).toEqual(['x1']);
});

it('a query that fails fails for all that wait, and is made again for the next', async () => {
  const cache = opened();
  broken = new Error('away');
  const both = Promise.allSettled([cache.get('a'), cache.get('b')]);
  await clock.advance(3);
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  broken = null;
  expect(await names(cache, 'a')).toEqual(['a1']);
});

describe('what changed', () => {
  it('an event drops its monitor only', async () => {
    const cache = opened();
    await names(cache, 'a', 'b');
    table.set('a', 'a2').set('b', 'b2');
    cache.onEvent(updated('a'));
    expect(await names(cache, 'a', 'b')).toEqual(['a2', 'b1']);
  });

  it('a deletion too', async () => {
    const cache = opened();
    await names(cache, 'a');
    table.delete('a');
    cache.onEvent({ type: 'monitor.deleted', id: 'a' });
    expect(await names(cache, 'a')).toEqual([undefined]);
    expect(cache.size).toBe(0);
  });

  it('a gap drops all', async () => {
    const cache = opened();
    await names(cache, 'a', 'b');
    table.set('a', 'a2').set('b', 'b2');
    cache.onGap();
    expect(await names(cache, 'a', 'b')).toEqual(['a2', 'b2']);
  });

  it.each([
    ['an event', (cache: MonitorCache) => cache.onEvent(updated('a'))],
    ['a gap', (cache: MonitorCache) => cache.onGap()],
  ])('%s while it is being loaded: what was read before is not kept', async (_, change) => {
    const cache = opened();
    let open = () => undefined as void;
    gate = new Promise((resolve) => (open = resolve));
    const before = cache.get('a');
    await clock.advance(3);
    table.set('a', 'a2');
    change(cache);
    open();
    expect((await before)?.name).toBe('a1');
    gate = null;
    expect(await names(cache, 'a')).toEqual(['a2']);
  });

  it('without an event it is seen when its time is over', async () => {
    const cache = opened();
    await names(cache, 'a');
    table.set('a', 'a2');
    await clock.advance(59_000);
    expect(await names(cache, 'a')).toEqual(['a1']);
    await clock.advance(1_000);
    expect(await names(cache, 'a')).toEqual(['a2']);
  });
});

describe('bounds', () => {
  it('the one that was asked for longest ago goes first', async () => {
    const cache = opened({ most: 2 });
    await names(cache, 'a', 'b');
    await names(cache, 'a');
    await names(cache, 'c');
    expect(cache.size).toBe(2);
    queries = [];
    await names(cache, 'a', 'c');
    expect(queries).toEqual([]);
  });

  it('so many characters at most', async () => {
    const cache = opened({ mostChars: 1_100 });
    await names(cache, 'a', 'b', 'c');
    expect(cache.size).toBe(2);
    cache.onGap();
    await names(cache, 'a', 'b');
    expect(cache.size).toBe(2);
  });
});
