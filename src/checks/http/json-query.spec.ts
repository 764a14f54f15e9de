import { isPlain, plainVerdict, queryMistake, verdictOf, type JsonQuestion } from './json-query.js';

const BODY = {
  status: 'ok',
  version: '1.0',
  count: 12,
  up: true,
  none: null,
  'build-id': 'b7',
  'a.b': 'dotted',
  items: [
    { state: 'up', tags: ['x'] },
    { state: 'down', tags: ['y', 'z'] },
  ],
  one: [{ state: 'up' }],
  nested: { b: 1, a: [1, 2] },
};

const question = (query: string, condition: JsonQuestion['condition'] = '', expected = ''): JsonQuestion => ({
  text: JSON.stringify(BODY).replace('{', '{"big":12345678901234567890,'),
  query,
  condition,
  expected,
});

describe('a path', () => {
  it.each([
    ['status', '', 'ok', true],
    ['status', '==', 'down', false],
    ['status', '!=', 'down', true],
    ['version', '==', '1', false],
    ['count', '==', '12', true],
    ['count', '==', '12.0', true],
    ['count', '>', '9', true],
    ['count', '<=', '11', false],
    ['version', '>=', '0.9', true],
    ['big', '==', '12345678901234567890', true],
    ['up', '==', 'true', true],
    ['none', '==', '', true],
    ['none', '==', 'null', true],
    ['none', '', '', true],
    ['missing', '', '', false],
    ['status.deeper', '!=', 'x', false],
    ['toString', '', '', false],
    ['build-id', '==', 'b7', true],
    ['a\\.b', '==', 'dotted', true],
    ['items.0.state', '==', 'up', true],
    ['items.1.tags.1', '==', 'z', true],
    ['items.2', '', '', false],
    ['items.#', '==', '2', true],
    ['items.#.state', '==', '["up","down"]', true],
    ['items.state', '==', '["up", "down"]', true],
    ['one.state', '==', 'up', true],
    ['nested', '==', '{"a":[1,2],"b":1}', true],
    ['', '==', JSON.stringify({ ...BODY, big: Number('12345678901234567890') }, null, 2), true],
    ['', '!=', '{}', true],
  ] as const)('%s %s %s: %s', (query, condition, expected, holds) => {
    expect(isPlain(question(query, condition, expected))).toBe(true);
    expect(plainVerdict(question(query, condition, expected)).holds).toBe(holds);
  });

  it('says what it found instead', () => {
    expect(plainVerdict(question('items.1.state', '==', 'up')).reason).toBe(
      'the query items.1.state gives down, which is not == up',
    );
    expect(plainVerdict(question('gone')).reason).toBe('the query gone finds nothing');
    expect(plainVerdict({ ...question('a'), text: '<html>' }).reason).toBe('the body is no JSON');
  });
});

describe('an expression of JSONata', () => {
  it.each([
    ['$count(items[state="up"])', '==', '1', true],
    ['items[0].state', '==', 'up', true],
    ['(items.state)[1]', '==', 'down', true],
    ['$sum([1..count])', '>', '77', true],
    ['items[state="gone"]', '', '', false],
    ['count - 2 = 10', '==', 'true', true],
  ] as const)('%s %s %s: %s', async (query, condition, expected, holds) => {
    expect(isPlain(question(query))).toBe(false);
    expect((await verdictOf(question(query, condition, expected))).holds).toBe(holds);
  });

  it('fails in words when it does not fit the body', async () => {
    const verdict = await verdictOf(question('$sum(status)', '==', '1'));
    expect(verdict).toMatchObject({
      holds: false,
      reason: expect.stringContaining('the query fails on the body'),
    });
  });

  it('is checked before it is kept', () => {
    expect(queryMistake('items[state=')).toMatch(/no path and no expression of JSONata/);
    expect(queryMistake('items[0].state')).toBeNull();
    expect(queryMistake('a.b')).toBeNull();
    expect(queryMistake('')).toBeNull();
  });
});

it.each([
  ['', 'x'],
  ['a.b', ''],
  ['0', 'x'],
])('a body that is nested too deeply is the target’s fault (%s)', (query, expected) => {
  const text = `${'['.repeat(30_000)}1${']'.repeat(30_000)}`;
  expect(plainVerdict({ text, query, condition: '', expected })).toEqual({
    holds: false,
    reason: 'the body is nested too deeply',
  });
});
