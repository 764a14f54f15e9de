import { describe, expect, it } from '@jest/globals';
import { JsonWalk } from './json-walk.js';

function walked(text: string, step = 7, names: string[] = []): JsonWalk {
  const walk = new JsonWalk(text, names);
  while (!walk.advance(step)) continue;
  return walk;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Numbers of a seed: mulberry32. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const GOOD = [
  ...[
    '0',
    '-0',
    '10.25',
    '1e5',
    '1E-07',
    '-1.5e+30',
    'true',
    'false',
    'null',
    '""',
    '[]',
    '{}',
    ' [ ] ',
    '\t{\r}\n',
  ],
  String.raw`"a\"b\\\/\b\f\n\r\tA\ud800é😀"`,
  String.raw`{"a":[1,-2.5e3,{"b":[true,false,null,""]},[[]]],"c\n":{"d":{}},"":0}`,
];
const BAD = [
  ...[
    '',
    ' ',
    '01',
    '-',
    '1.',
    '.5',
    '1e',
    '1e+',
    '+1',
    '--1',
    '0x1',
    'NaN',
    'tru',
    'truex',
    'nul l',
    '"',
    '"\\',
    '"\\x"',
  ],
  ...[
    '"\\u12g4"',
    '"\\u123',
    '"\n"',
    '"\u0000"',
    '[',
    ']',
    '[1,]',
    '[,1]',
    '[1 2]',
    '{',
    '}',
    '{"a"}',
    '{"a":}',
  ],
  ...[
    '{"a":1,}',
    '{a:1}',
    '{1:1}',
    '{"a":1 "b":2}',
    '[}',
    '{]',
    '1 2',
    '[1]]',
    '\u00a01',
    '\ufeff1',
    '1\u000b',
    "'a'",
  ],
];

describe('JsonWalk', () => {
  it.each(GOOD)('takes %s', (text) => {
    expect(isJson(text)).toBe(true);
    for (const step of [1, 2, 3, 1000]) expect(walked(text, step).errorAt).toBeNull();
  });

  it.each(BAD)('refuses %j', (text) => {
    expect(isJson(text)).toBe(false);
    for (const step of [1, 2, 3, 1000]) expect(walked(text, step).errorAt).not.toBeNull();
  });

  it('tells where the first wrong character is', () => {
    expect(walked('[1,x]').errorAt).toBe(3);
    expect(walked('{"a":1').errorAt).toBe(6);
    expect(walked('"a\\q"').errorAt).toBe(3);
    expect(walked('[1] 2').errorAt).toBe(4);
  });

  it('agrees with JSON.parse on mutations of JSON, in steps of any length', () => {
    const seed = 20261201;
    const below = random(seed);
    const alphabet = '{}[]":,\\ \n-+.eE0123456789truefalsnu\u0001é';
    for (let round = 0; round < 20_000; round += 1) {
      let text = GOOD[below(GOOD.length)] as string;
      for (let edits = 1 + below(3); edits > 0; edits -= 1) {
        const at = below(text.length + 1);
        const piece = below(3) === 0 ? '' : (alphabet[below(alphabet.length)] as string);
        text = text.slice(0, at) + piece + text.slice(at + below(2));
      }
      const { errorAt } = walked(text, 1 + below(9));
      expect({ seed, text, isJson: errorAt === null }).toEqual({ seed, text, isJson: isJson(text) });
    }
  });

  it('finds the members of the outermost object, as JSON.parse has them', () => {
    const text = String.raw` {"a" : {"message":1} ,"m\u0065ssage":[2, 3] ,"x":"message","key":"k","message": {"y":"}"}, "toString":1} `;
    const names = ['message', 'key', 'topic', '__proto__'];
    for (const step of [1, 5, 1000]) {
      const { members } = walked(text, step, names);
      const found = [...members].map(([name, { from, to }]) => [name, text.slice(from, to)]);
      expect(Object.fromEntries(found)).toEqual({ message: '{"y":"}"}', key: '"k"' });
    }
    expect(walked('[{"message":1}]', 3, names).members.size).toBe(0);
    expect(walked('{"__proto__":1}', 3, names).members.get('__proto__')).toEqual({ from: 13, to: 14 });
  });

  it('knows what holds nothing', () => {
    expect(GOOD.filter((text) => walked(text).isEmpty)).toEqual(['[]', '{}', ' [ ] ', '\t{\r}\n']);
  });
});
