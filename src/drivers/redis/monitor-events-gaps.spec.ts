import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Gaps } from './monitor-events-gaps.js';

describe('gaps of three channels', () => {
  let told: string[];
  let gaps: Gaps;
  beforeEach(() => {
    jest.useFakeTimers();
    told = [];
    gaps = new Gaps(3, (reason) => told.push(reason));
  });
  afterEach(() => {
    jest.useRealTimers();
  });
  const work = (channels: string, reason: string) => {
    for (const channel of channels) gaps.works(channel, reason);
  };

  it('are one at the beginning, when the last channel works, however long that takes', () => {
    work('ab', 'begin');
    gaps.unreadable('nonsense');
    jest.advanceTimersByTime(60_000);
    expect([told, gaps.hasBegun]).toEqual([[], false]);
    work('c', 'begin');
    expect([told, gaps.hasBegun]).toEqual([['begin'], true]);
    jest.advanceTimersByTime(60_000);
    expect(told).toEqual(['begin']);
  });

  it('are one for each new connection, also when one breaks half-way', () => {
    work('abc', 'begin');
    work('ab', 'lost');
    work('abc', 'again');
    expect(told.slice(0, 2)).toEqual(['begin', 'again']);
    jest.advanceTimersByTime(60_000);
    expect(told.length).toBeLessThanOrEqual(3);
  });

  it('are told of one channel that works again alone, soon', () => {
    work('abc', 'begin');
    work('b', 'alone');
    jest.advanceTimersByTime(99);
    expect(told).toEqual(['begin']);
    jest.advanceTimersByTime(1);
    expect(told).toEqual(['begin', 'alone']);
    work('ca', 'the others');
    jest.advanceTimersByTime(100);
    expect(told).toEqual(['begin', 'alone', 'the others']);
  });

  it('are ever fewer of messages that cannot be read: after 1 s, 2 s more, 4 s, up to a minute', () => {
    work('abc', 'begin');
    const times: number[] = [];
    for (let second = 0; second < 600; second += 0.1) {
      gaps.unreadable('nonsense');
      jest.advanceTimersByTime(100);
      if (told.length - 1 > times.length) times.push(second);
    }
    const waits = times.map((time, i) => Math.round(time - (times[i - 1] ?? 0)));
    expect(waits.slice(0, 9)).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('begin again with a short wait after a minute without nonsense', () => {
    work('abc', 'begin');
    for (const wait of [1_000, 2_000, 4_000]) {
      gaps.unreadable('nonsense');
      jest.advanceTimersByTime(wait);
    }
    expect(told).toHaveLength(4);
    jest.advanceTimersByTime(60_001);
    gaps.unreadable('nonsense');
    jest.advanceTimersByTime(1_000);
    expect(told).toHaveLength(5);
  });

  it('of a channel that works again do not wait for those of nonsense', () => {
    work('abc', 'begin');
    gaps.unreadable('nonsense');
    work('b', 'alone');
    jest.advanceTimersByTime(100);
    expect(told).toEqual(['begin', 'alone']);
    jest.advanceTimersByTime(60_000);
    expect(told).toHaveLength(2);
  });

  it('are none when nobody listens any more', () => {
    work('abc', 'begin');
    gaps.unreadable('nonsense');
    gaps.reset();
    jest.advanceTimersByTime(60_000);
    expect([told, gaps.hasBegun]).toEqual([['begin'], false]);
  });
});
