import { describe, expect, it } from '@jest/globals';
import { elementTexts, memberText, skipSpace } from './json-text.js';

describe('memberText', () => {
  const member = (text: string, name: string) => {
    JSON.parse(text);
    return memberText(text, skipSpace(text, 0), name);
  };

  it.each([
    ['{"message":{"a":1}}', '{"a":1}'],
    [' {\n"x" : [1,{"message":2}] ,\t"message" :  1.0 }', '1.0'],
    ['{"message":1e400}', '1e400'],
    ['{"message":1234567890123456789,"z":1}', '1234567890123456789'],
    ['{"message":{"a":1,"a":2}}', '{"a":1,"a":2}'],
    ['{"message":1,"message":"two"}', '"two"'],
    ['{"me\\u0073sage":[true]}', '[true]'],
    ['{"a":"}\\"{,","message":"\\\\"}', '"\\\\"'],
    ['{"a":"\\\\\\"","message":"x\\\\\\"]}"}', '"x\\\\\\"]}"'],
    ['{"message":null}', 'null'],
    ['{"message":[]}', '[]'],
    ['{"messages":1,"messag":2,"message":{}}', '{}'],
  ])('finds it in %s', (text, expected) => {
    expect(member(text, 'message')).toBe(expected);
  });

  it('answers undefined where it is absent, nested or only a value', () => {
    expect(member('{}', 'message')).toBeUndefined();
    expect(member('{"a":{"message":1},"b":"message"}', 'message')).toBeUndefined();
  });

  it('agrees with JSON.parse on generated documents', () => {
    const parts = [
      '"a\\"b"',
      '1.50',
      '[]',
      '{"message":0}',
      '[1,"]",{"}":[]}]',
      'null',
      '"\\u0000\\\\"',
      '-0',
      '{ }',
    ];
    for (let round = 0; round < 2000; round += 1) {
      const pick = () => parts[Math.floor(Math.random() * parts.length)] as string;
      const text = `{ "k${round}":${pick()} ,"message": ${pick()}\n,"tail":${pick()}}`;
      const found = member(text, 'message') as string;
      expect(JSON.parse(found)).toEqual((JSON.parse(text) as { message: unknown }).message);
    }
  });
});

describe('elementTexts', () => {
  it.each([
    ['[]', []],
    [' [ ] ', []],
    ['[1.0, {"a":[1,2]},"]",[[]] ,null]', ['1.0', '{"a":[1,2]}', '"]"', '[[]]', 'null']],
  ])('cuts %s', (text, expected) => {
    expect([...elementTexts(text, skipSpace(text, 0))]).toEqual(expected);
  });
});
