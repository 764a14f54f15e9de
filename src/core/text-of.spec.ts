import { describe, expect, it } from '@jest/globals';
import { textOf } from './text-of.js';

const hostile = {
  get message(): string {
    throw new Error('no');
  },
};

describe('the text of what was thrown', () => {
  it.each<[unknown, string]>([
    [new TypeError('an error'), 'an error'],
    [{ message: 'like an error' }, 'like an error'],
    ['a text', 'a text'],
    [undefined, 'undefined'],
    [null, 'null'],
    [{ message: 7 }, '[object Object]'],
    [Symbol('s'), 'Symbol(s)'],
  ])('%#: is its message, or itself', (thrown, text) => {
    expect(textOf(thrown)).toBe(text);
  });

  it.each([[Object.create(null)], [hostile], [new Proxy({}, { get: () => Promise.reject.call(null) })]])(
    '%#: is a sentence where it has none',
    (thrown) => {
      expect(textOf(thrown)).toMatch(/no text/);
    },
  );
});
