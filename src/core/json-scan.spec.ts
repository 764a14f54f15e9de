import { describe, expect, it } from '@jest/globals';
import { jsonExcess, JsonScan } from './json-scan.js';

function measured(text: string, step = text.length): Pick<JsonScan, 'depth' | 'nodes' | 'keys' | 'commas'> {
  const scan = new JsonScan(text, true);
  while (!scan.advance(step)) continue;
  const { depth, nodes, keys, commas } = scan;
  return { depth, nodes, keys, commas };
}

describe('JsonScan', () => {
  it('counts levels, values and keys, and finds the commas of an array', () => {
    expect(measured('1')).toEqual({ depth: 0, nodes: 1, keys: 0, commas: [] });
    expect(measured('[1, {"a": [2, 3], "b": null}, "x"]')).toEqual({
      depth: 3,
      nodes: 8,
      keys: 2,
      commas: [2, 28],
    });
    expect(measured('[[],[]]')).toMatchObject({ depth: 2, nodes: 5, commas: [3] });
  });

  it('sees nothing in texts, whatever they hold', () => {
    expect(measured(JSON.stringify(['[[[[', '{"a":1,"b":2}', '\\', '\\"[,', '"']))).toMatchObject({
      depth: 1,
      nodes: 6,
      keys: 0,
    });
  });

  it('gives the same in steps of any length', () => {
    const text = JSON.stringify({ a: ['\\"', 'x,y', { b: '\\\\' }], 'c"d': [[1], [2, '}']] });
    for (const step of [1, 2, 3, 7, 1000]) expect(measured(text, step)).toEqual(measured(text));
  });

  it('never counts fewer values than JSON.parse makes', () => {
    const values = [
      [],
      {},
      [1],
      { a: [] },
      [[], {}, [[]]],
      { a: { b: { c: [1, 2, { d: null }] } } },
      'x',
      [null, true],
    ];
    for (const value of values)
      expect(measured(JSON.stringify(value)).nodes).toBeGreaterThanOrEqual(countOf(value));
  });
});

describe('jsonExcess', () => {
  it('names the bound that a text exceeds', () => {
    const bounds = { depth: 3, nodes: 10, keys: 2 };
    expect(jsonExcess('[[[]]]', bounds)).toBeNull();
    expect(jsonExcess('[[[[1]]]]', bounds)).toBe('is nested more than 3 levels deep');
    expect(jsonExcess('{"a":1,"b":2,"c":3}', bounds)).toBe('has more than 2 keys');
    expect(jsonExcess(JSON.stringify(Array(11).fill(1)), bounds)).toBe('has more than 10 values');
  });
});

function countOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, each) => sum + countOf(each), 1);
}
