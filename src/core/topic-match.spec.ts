import { compileBinding } from './topic-match.js';

/** The rule itself, word by word, as slow as it likes. */
function byDefinition(pattern: readonly string[], words: readonly string[]): boolean {
  if (pattern.length === 0) return words.length === 0;
  const [first, ...rest] = pattern;
  if (first === '#')
    return byDefinition(rest, words) || (words.length > 0 && byDefinition(pattern, words.slice(1)));
  return words.length > 0 && (first === '*' || first === words[0]) && byDefinition(rest, words.slice(1));
}

describe('compileBinding', () => {
  // The examples of AMQP 0-9-1, 3.1.3.3.
  it.each([
    ['*.stock.#', ['usd.stock', 'eur.stock.db'], ['stock.nasdaq', 'stock', 'a.b.stock']],
    ['expense.*', ['expense.created', 'expense.'], ['expense', 'expense.a.b', 'Expense.created']],
    ['#', ['', 'a', 'a.b.c', '.', '..'], []],
    ['*', ['a', '#', '*'], ['', 'a.b', '.']],
    ['', [''], ['a', '.']],
    ['a.b', ['a.b'], ['a.b.', '.a.b', 'a', 'a.b.c', 'aXb']],
    ['a.#.z', ['a.z', 'a.b.z', 'a.z.z', 'a.b.c.z', 'a..z'], ['a', 'z', 'az', 'a.z.b']],
    ['#.a.#', ['a', 'a.a', 'b.a.c', '.a.'], ['', 'b', 'aa']],
    ['#.*.#', ['a', '.', 'a.b.c'], ['']],
    ['*..*', ['a..b', '..b', '..'], ['a.b', 'a.x.b', '..b.', '...']],
    ['ü.📦.*', ['ü.📦.鍵'], ['u.📦.a']],
    ['a.$^[(.*', ['a.$^[(.b'], ['a.x.b']],
    ['a*.b#', ['a*.b#'], ['ax.b', 'a*.b#.c']],
  ])('%s', (binding, taken, left) => {
    const matches = compileBinding(binding);
    expect(taken.filter((key) => !matches(key))).toEqual([]);
    expect(left.filter(matches)).toEqual([]);
  });

  it('does what the definition says of every binding and key of up to four words', () => {
    const all = (words: readonly string[], most: number): string[][] => {
      const shorter = most === 0 ? [] : all(words, most - 1);
      return [[], ...shorter.flatMap((one) => words.map((word) => [word, ...one]))];
    };
    const distinct = (lists: string[][]) => [...new Map(lists.map((one) => [one.join('.'), one])).values()];
    const keys = distinct(all(['a', 'b', 'c'], 4));
    for (const pattern of distinct(all(['a', 'b', '*', '#'], 4))) {
      const matches = compileBinding(pattern.join('.'));
      const wrong = keys.filter((words) => matches(words.join('.')) !== byDefinition(pattern, words));
      expect({ pattern, wrong }).toEqual({ pattern, wrong: [] });
    }
  });

  it('tries no combination twice, however many # there are', () => {
    const matches = compileBinding(`${'#.a.'.repeat(30)}b`);
    expect(matches(`${'a.'.repeat(126)}c`)).toBe(false);
    expect(matches(`${'a.'.repeat(126)}b`)).toBe(true);
  });
});
