import { describe, expect, it } from '@jest/globals';
import { ByteBudget } from './byte-budget.js';
import { LineSplitter, type Line } from './line-splitter.js';

const show = (lines: Line[]) =>
  lines.map((line) => ('text' in line ? line.text : 'error' in line ? line.error.code : line.bytes.length));

function split(bytes: Buffer, chunkSize: number, most = 1000): (string | number)[] {
  const splitter = new LineSplitter(most, new ByteBudget(1_000_000));
  const lines: Line[] = [];
  for (let at = 0; at < bytes.length; at += chunkSize)
    lines.push(...splitter.push(bytes.subarray(at, at + chunkSize)));
  return show([...lines, ...splitter.end()]);
}

describe('LineSplitter', () => {
  it.each([1, 2, 3, 7, 1000])('cuts the same lines from chunks of %i bytes', (size) => {
    const bytes = Buffer.from('{"a":"é😀"}\r\n\n  \n[2]\n3');
    expect(split(bytes, size)).toEqual(['{"a":"é😀"}', '[2]', '3']);
  });

  it.each([1, 4, 1000])('makes one error of an overlong line and goes on, in chunks of %i', (size) => {
    expect(split(Buffer.from(`ok\n${'x'.repeat(30)}\nok\n`), size, 10)).toEqual([
      'ok',
      'BODY_TOO_LARGE',
      'ok',
    ]);
  });

  it('numbers lines as an editor does, whatever became of those before', () => {
    const splitter = new LineSplitter(10, new ByteBudget(1000));
    const lines = [...splitter.push(Buffer.from(`1\n\n${'x'.repeat(30)}\n4\n5`)), ...splitter.end()];
    expect(lines.map(({ number }) => number)).toEqual([1, 3, 4, 5]);
  });

  it.each([1000, 100_000, 10_000_000])('keeps the bytes of a long line, in chunks of %i', (size) => {
    const bytes = Buffer.from(`1\n"${'é'.repeat(200_000)}"\n${' '.repeat(300_000)}\n2\n`);
    expect(split(bytes, size, 1_000_000)).toEqual(['1', 400_002, '2']);
  });

  it('makes an error of a line that is not UTF-8, and of that alone', () => {
    const bytes = Buffer.concat([Buffer.from('1\n'), Buffer.from([0xff, 0xfe]), Buffer.from('\n2\n')]);
    expect(split(bytes, 3)).toEqual(['1', 'MALFORMED_JSON', '2']);
  });
});
