import { packPage, unpackPage } from './page-codec.js';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

describe('a packed page', () => {
  it('comes out as it went in', () => {
    const page = packPage(
      [
        [41, 1_750_000_000_000, bytes('ключ'), bytes(''), bytes('{"größe":"ü","__proto__":"x"}')],
        [43, 1, null, null, null],
        [2 ** 40, 2, bytes(''), bytes('v'), null],
      ],
      2 ** 40 + 1,
    );
    const { records, nextOffset } = unpackPage(page, 5);
    expect(nextOffset).toBe(2 ** 40 + 1);
    expect(records).toEqual([
      {
        partition: 5,
        offset: 41,
        timestamp: 1_750_000_000_000,
        key: Buffer.from('ключ'),
        value: Buffer.alloc(0),
        headers: JSON.parse('{"größe":"ü","__proto__":"x"}'),
      },
      { partition: 5, offset: 43, timestamp: 1, key: null, value: null, headers: {} },
      {
        partition: 5,
        offset: 2 ** 40,
        timestamp: 2,
        key: Buffer.alloc(0),
        value: Buffer.from('v'),
        headers: {},
      },
    ]);
  });

  it('may be empty', () => {
    expect(unpackPage(packPage([], 9), 0)).toEqual({ records: [], nextOffset: 9 });
  });
});
