import { describe, expect, it } from '@jest/globals';
import { Histogram, Registry } from 'prom-client';
import { LatenessHistogram } from './lateness-histogram.js';

const NAME = 'lateness_seconds';
const BUCKETS = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 5, 30, 300];
const SEEN: [number, number][] = [
  [0, 2],
  [0.01, 3],
  [0.011, 1],
  [0.05, 500],
  [299.999, 1],
  [300.5, 2],
];

function both() {
  const [ours, theirs] = [new Registry(), new Registry()];
  const one = new LatenessHistogram(NAME, ours);
  const other = new Histogram({ name: NAME, help: one.help, buckets: BUCKETS, registers: [theirs] });
  return { ours, theirs, one, other };
}

describe('the histogram of lateness', () => {
  it('is written as prom-client writes the same ticks, one by one', async () => {
    const { ours, theirs, one, other } = both();
    expect(await ours.metrics()).toBe(await theirs.metrics());
    for (const [seconds, count] of SEEN) {
      one.observe(seconds, count);
      for (let n = 0; n < count; n += 1) other.observe(seconds);
    }
    const sum = /_sum \S+/;
    const [mine, its] = [await ours.metrics(), await theirs.metrics()];
    expect(mine.replace(sum, '')).toBe(its.replace(sum, ''));
    const numberOf = (text: string) => Number(sum.exec(text)![0].slice('_sum '.length));
    expect(numberOf(mine)).toBeCloseTo(numberOf(its), 9);
  });

  it('is 0 after a reset, in text and in JSON', async () => {
    const { ours, one } = both();
    one.observe(1, 1);
    ours.resetMetrics();
    expect(await ours.metrics()).toBe(await both().ours.metrics());
    expect(await ours.getMetricsAsJSON()).toEqual(await both().ours.getMetricsAsJSON());
  });
});
