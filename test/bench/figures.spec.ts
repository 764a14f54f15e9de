import { describe, expect, it } from '@jest/globals';
// @ts-expect-error JavaScript without types
import * as untyped from '../../bench/support/figures.mjs';

interface Slope {
  slope: number;
  least: number;
  most: number;
}
type Cell = string | { value: number };
const {
  Figure,
  beyondZero,
  latenessOf,
  median,
  medianOf,
  percentile,
  shown,
  slopeOf,
  spread,
  table,
  withRatio,
} = untyped as unknown as {
  Figure: new (value: number, text?: string) => { value: number };
  beyondZero: (interval: Slope) => number;
  latenessOf: (ms: number[]) => { p50: number; p99: number; max: number };
  median: (numbers: number[]) => number;
  medianOf: (
    numbers: number[],
    certainty?: number,
  ) => { median: number; least: number; most: number; certainty: number };
  percentile: (numbers: number[], share: number) => number;
  shown: (number: number) => string;
  slopeOf: (points: { x: number; y: number }[]) => Slope;
  spread: (numbers: number[]) => { value: number; toString(): string };
  table: (rows: Cell[][]) => string;
  withRatio: (rows: Cell[][]) => Cell[][];
};

describe('percentiles are by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);
  it.each([
    [0, 1],
    [0.5, 50],
    [0.99, 99],
    [1, 100],
  ])('of 1 to 100 the share %d is %d', (share, expected) => {
    expect(percentile(hundred, share)).toBe(expected);
  });

  it('of one number all are that one', () => {
    expect(latenessOf([7])).toEqual({ p50: 7, p99: 7, max: 7 });
    expect(median([3, 1, 2])).toBe(2);
  });
});

describe('the interval of a median', () => {
  // Source: the tables of order statistics of any distribution, for instance Hahn and Meeker, Statistical Intervals, 5.
  it.each([
    [5, 0, 0.9375],
    [7, 0, 0.984375],
    [9, 1, 0.9609375],
    [15, 3, 0.96484375],
    [25, 7, 0.9567147],
  ])('of %d numbers leaves out %d at either end', (n, out, certainty) => {
    const numbers = Array.from({ length: n }, (_, at) => n - at);
    const interval = medianOf(numbers);
    expect(interval).toMatchObject({ median: (n + 1) / 2, least: 1 + out, most: n - out });
    expect(interval.certainty).toBeCloseTo(certainty, 6);
  });
});

describe('a slope', () => {
  const line = (slope: number, noise: (k: number) => number) =>
    Array.from({ length: 60 }, (_, k) => ({ x: k, y: slope * k + noise(k) }));
  const noise = (k: number) => ((k * 7919) % 13) / 10;

  it('is found through noise, and is not bent by a point far away', () => {
    const { slope, least, most } = slopeOf(line(0.5, (k) => (k === 59 ? 1000 : noise(k))));
    expect(slope).toBeCloseTo(0.5, 1);
    expect([least < 0.5, most > 0.5]).toEqual([true, true]);
  });

  it('of noise alone lies around zero; a real one does not', () => {
    expect(beyondZero(slopeOf(line(0, noise)))).toBe(0);
    expect(beyondZero(slopeOf(line(0.5, noise)))).toBeGreaterThan(0.4);
    expect(beyondZero(slopeOf(line(-0.5, noise)))).toBeGreaterThan(0.4);
  });
});

describe('tables', () => {
  it('show three digits, thousands apart, and the spread of several', () => {
    expect([12_345, 678, 9.0123, -340.4].map(shown)).toEqual(['12,345', '678', '9.01', '-340']);
    expect(String(spread([3, 1, 2]))).toBe('2 (1 to 3)');
    expect(String(spread([3]))).toBe('3');
  });

  it('get a column that compares the first figures with the first row’s', () => {
    const rows = withRatio([
      ['who', 'rate'],
      ['ours', new Figure(200)],
      ['theirs', new Figure(50)],
      ['gone', 'out of memory'],
    ]);
    expect(rows.map((row) => row[2])).toEqual(['to the first', '1', '0.25', '']);
    expect(table(rows).split('\n')[1]).toBe('| ------ | ------------- | ------------ |');
  });

  it('stay as they are where nothing is to be compared', () => {
    const rows: Cell[][] = [
      ['who', 'what'],
      ['ours', 'text'],
      ['theirs', 'text'],
    ];
    expect(withRatio(rows)).toEqual(rows);
  });
});
