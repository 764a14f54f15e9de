import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Deadlines } from './deadlines.js';

describe('Deadlines', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const made = () => {
    const due: number[] = [];
    const deadlines = new Deadlines<{ deadline: number; done: boolean }>(
      ({ deadline }) => due.push(deadline),
      () => Date.now(),
    );
    const add = (inMs: number, done = false) => {
      const item = { deadline: Date.now() + inMs, done };
      deadlines.add(item);
      return item;
    };
    return { due, deadlines, add };
  };

  it('tells of each when its time has come, with one timer', () => {
    const { due, add } = made();
    const start = Date.now();
    for (const ms of [100, 100, 150, 200]) add(ms);
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(99);
    expect(due).toEqual([]);
    jest.advanceTimersByTime(60);
    expect(due).toEqual([start + 100, start + 100, start + 150]);
    jest.advanceTimersByTime(100);
    expect(due.length).toBe(4);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('says nothing of what was done in time', () => {
    const { due, add } = made();
    const first = add(100);
    add(200);
    first.done = true;
    jest.advanceTimersByTime(150);
    expect(due).toEqual([]);
    jest.advanceTimersByTime(100);
    expect(due.length).toBe(1);
  });

  it('gives all up at the end, in order, and leaves no timer', () => {
    const { due, deadlines, add } = made();
    const items = Array.from({ length: 3000 }, (_, i) => add(1000 + i));
    for (const item of items.slice(0, 1500)) item.done = true;
    deadlines.expireAll();
    expect(due).toEqual(items.slice(1500).map(({ deadline }) => deadline));
    expect(jest.getTimerCount()).toBe(0);
  });
});
