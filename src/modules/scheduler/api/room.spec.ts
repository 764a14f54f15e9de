import { describe, expect, it } from '@jest/globals';
import type { AppConfig } from '../../../config/app-config.js';
import type { MonitorStore } from '../../../ports/monitor-store.port.js';
import { Room } from './room.js';

/** A room for `most` in a store that has `there`; its counts end when `release` is called. */
function aRoom(most: number, there: number) {
  const held: (() => void)[] = [];
  const store = { there, isHeld: false, counts: 0 };
  const count = () => {
    store.counts += 1;
    const { there: counted } = store;
    if (!store.isHeld) return Promise.resolve(counted);
    return new Promise<number>((resolve) => held.push(() => resolve(counted)));
  };
  const config = { scheduler: { maxMonitors: most } } as AppConfig;
  const room = new Room({ count } as unknown as MonitorStore, config);
  return { room, store, release: () => held.splice(0).forEach((end) => end()) };
}

describe('the room for monitors', () => {
  it('is given once, however many ask before any is created', async () => {
    const { room } = aRoom(10, 7);
    const taken = await Promise.all(Array.from({ length: 8 }, () => room.take(1)));
    expect(taken.reduce((sum, each) => sum + each, 0)).toBe(3);
    expect(await room.take(5)).toBe(0);
  });

  it('is there again once what was taken is given up, or one is deleted', async () => {
    const { room, store } = aRoom(2, 0);
    expect(await room.take(5)).toBe(2);
    room.settle(2, 1);
    store.there = 1;
    expect(await room.take(2)).toBe(1);
    room.settle(1, 1);
    store.there = 2;
    expect(await room.take(1)).toBe(0);
    store.there = 1;
    room.deleted();
    expect(await room.take(1)).toBe(1);
  });

  it('is not given twice where one is created while all are counted', async () => {
    const { room, store, release } = aRoom(2, 1);
    expect(await room.take(1)).toBe(1);
    store.isHeld = true;
    const second = room.take(1);
    room.settle(1, 1);
    store.there = 2;
    release();
    expect(await second).toBe(0);
  });

  it('is counted seldom while there is plenty', async () => {
    const { room, store } = aRoom(1000, 0);
    for (let i = 0; i < 100; i += 1) {
      await room.take(1);
      room.settle(1, 1);
    }
    expect(store.counts).toBe(1);
  });
});
