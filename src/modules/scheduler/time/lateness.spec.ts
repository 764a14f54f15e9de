import { describe, expect, it } from '@jest/globals';
import { Lateness } from './lateness.js';

describe('lateness', () => {
  it('has no percentiles without a tick', () => {
    expect(new Lateness(() => 0).snapshot()).toBeNull();
  });

  it('is exact to a millisecond below 128 ms', () => {
    const lateness = new Lateness(() => 0);
    for (let ms = 1; ms <= 100; ms += 1) lateness.record(ms);
    expect(lateness.snapshot()).toEqual({ ticks: 100, p50: 50, p95: 95, p99: 99, max: 100 });
  });

  it('is never told as more than the greatest, and within 5 % beyond', () => {
    const lateness = new Lateness(() => 0);
    lateness.record(1000, 99);
    lateness.record(3_600_000);
    const { p50, p99, max } = lateness.snapshot()!;
    expect(p50).toBeGreaterThanOrEqual(1000);
    expect(p50).toBeLessThanOrEqual(1051);
    expect([p99 <= 1051, max]).toEqual([true, 3_600_000]);
  });

  it('forgets what is older than 1,000 seconds', () => {
    let now = 0;
    const lateness = new Lateness(() => now);
    lateness.record(80);
    now = 899_999;
    lateness.record(20);
    expect(lateness.snapshot()).toMatchObject({ ticks: 2, max: 80 });
    now = 1_000_000;
    expect(lateness.snapshot()).toMatchObject({ ticks: 1, max: 20 });
    now = 10_000_000;
    expect(lateness.snapshot()).toBeNull();
    lateness.record(5);
    expect(lateness.snapshot()).toMatchObject({ ticks: 1, max: 5 });
  });
});
