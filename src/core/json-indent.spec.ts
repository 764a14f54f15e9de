import { describe, expect, it } from '@jest/globals';
import { indentJson, indentLong } from './json-indent.js';

describe('indentJson', () => {
  it('lays out as json.dump(indent=2) does', () => {
    const value = {
      action: 'created',
      data: { id: 7, tags: ['a', 'b'], none: [], empty: {}, deep: [[1, { x: null }], []] },
      ok: true,
    };
    expect(indentJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
    expect(indentJson(JSON.stringify(value, null, '\t'))).toBe(JSON.stringify(value, null, 2));
  });

  it.each(['1', '1.0', '-0', '1e400', '"x"', 'null', '[]', '{}', '""', '1234567890123456789'])(
    'keeps the scalar %s',
    (text) => {
      expect(indentJson(` \n${text}\r\n\t`)).toBe(text);
      expect(indentJson(`[${text} ]`)).toBe(`[\n  ${text}\n]`);
      expect(indentJson(`{"a" :${text}}`)).toBe(`{\n  "a": ${text}\n}`);
    },
  );

  it('keeps what stands in strings, and names that stand twice', () => {
    const text = '{"a,b:{}[]":"\\"x\\\\","\\u00e9\\/":"é😀, [","a":1.10,"a":2}';
    expect(indentJson(text)).toBe(
      '{\n  "a,b:{}[]": "\\"x\\\\",\n  "\\u00e9\\/": "é😀, [",\n  "a": 1.10,\n  "a": 2\n}',
    );
  });

  it('treats an empty list with spaces in it as empty', () => {
    expect(indentJson('[ \n ]')).toBe('[]');
    expect(indentJson('{"a":{ }}')).toBe('{\n  "a": {}\n}');
  });

  it('leaves what is deeper than 64 levels on one line', () => {
    const text = `${'['.repeat(70)}1,{"a":[2,3]}${']'.repeat(70)}`;
    const lines = indentJson(text).split('\n');
    expect(lines[64]).toBe(`${'  '.repeat(64)}[[[[[[1, {"a": [2, 3]}]]]]]]`);
    expect(lines).toHaveLength(129);
    expect(JSON.parse(lines.join('\n'))).toEqual(JSON.parse(text));
  });

  it('adds 16 times the text at most', () => {
    const depth = 60;
    const text = `${'['.repeat(depth)}${'1,'.repeat(500_000)}1${']'.repeat(depth)}`;
    const indented = indentJson(text);
    expect(indented.length).toBeLessThanOrEqual(17 * text.length + 1024 * 1024);
    expect(indented.replace(/\s/g, '')).toBe(text);
    const brackets = '['.repeat(500_000) + ']'.repeat(500_000);
    expect(indentJson(brackets).length).toBeLessThan(2 * brackets.length);
  });
});

describe('indentLong', () => {
  const part = String.raw`{"a":[1.0,-2e5,"\" \\",{"é😀":null}],"b" : {} , "c":[ ]}`;

  it.each([
    ['many tokens', ` [${Array(8000).fill(part).join(',')}]\n`],
    ['a long text', JSON.stringify({ text: 'x"\\😀'.repeat(100_000), n: 1 })],
    ['backslashes', `["${'\\\\'.repeat(200_000)}",1]`],
    ['deep brackets', '['.repeat(200_000) + ']'.repeat(200_000)],
    ['a scalar', ` ${'7'.repeat(400_000)} `],
  ])('gives the same as indentJson: %s', async (_, text) => {
    expect((await indentLong(text)).equals(Buffer.from(indentJson(text)))).toBe(true);
  });

  it('lets others be served', async () => {
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    await indentLong(JSON.stringify(Array(400_000).fill({ a: 1 })));
    isOver = true;
    expect(turns).toBeGreaterThan(5);
  });
});
