import { describe, expect, it } from '@jest/globals';
import { messageOf, resultOf } from '../../../../test/emitter/emitting.js';
import { entryId, entryText, isEmitterName, isEntryId, readEntry, readHead } from './entry.js';

const PLANNED = Date.UTC(2026, 0, 31, 12, 0, 0, 7);
const idOf = (key: string) => entryId(messageOf({ plannedAt: PLANNED, key }));

describe('entryId', () => {
  it('is the planned time and the key', () => {
    expect(idOf('alpha-1769860800007')).toBe('20260131T120000007Z_alpha-1769860800007');
  });

  it.each(['../../etc/passwd', 'a b', 'a/b', '\\', 'k'.repeat(255), ' ', '~', 'a:b?*"<>|'])(
    'is a file name whatever the key: %s',
    (key) => {
      const id = idOf(key);
      expect(id).toMatch(/^[A-Za-z0-9_-]{1,150}$/);
      expect(isEntryId(id)).toBe(true);
      expect(idOf(key)).toBe(id);
    },
  );

  it('tells keys apart that look alike as file names', () => {
    const keys = ['a/b', 'a:b', 'a_b', 'k'.repeat(200), 'k'.repeat(201), 'k'.repeat(100)];
    expect(new Set(keys.map(idOf)).size).toBe(keys.length);
  });

  it('sorts by planned time', () => {
    const times = [PLANNED, PLANNED + 1, PLANNED + 86_400_000, PLANNED + 366 * 86_400_000];
    const ids = times.map((plannedAt) => entryId(messageOf({ plannedAt })));
    expect([...ids].sort()).toEqual(ids);
  });
});

describe('names from outside', () => {
  it.each([
    '..',
    '.',
    '',
    '../alpha',
    'a/b',
    'a.json',
    `${idOf('k')}.json`,
    `../${idOf('k')}`,
    `${idOf('k')}\0`,
  ])('are refused when they could be a path: %j', (text) => {
    expect(isEntryId(text)).toBe(false);
    expect(isEmitterName(text)).toBe(false);
  });
});

describe('an entry', () => {
  const message = messageOf({ key: 'a/b "c"', body: '{"id": 12345678901234567890, "x": 1.0,"body":"ž📦"}' });
  const result = resultOf({
    reason: 'it said ","body":"x" \\ and more',
    status: null,
    mayHaveArrived: false,
  });
  const id = entryId(message);
  const text = entryText(message, result, PLANNED);
  const { emitter, key, plannedAt, body } = message;
  const { end, reason, attempts, status, mayHaveArrived } = result;
  const head = {
    id,
    emitter,
    key,
    plannedAt,
    givenUpAt: PLANNED,
    end,
    reason,
    attempts,
    status,
    mayHaveArrived,
  };

  it('comes back as it was written, its body character by character', () => {
    expect(readEntry(id, text)).toEqual({ ...head, body });
  });

  it('tells its head without its body', () => {
    expect(readHead(id, text.slice(0, text.indexOf(body.slice(0, 3))))).toEqual(head);
    expect(readHead(id, text)).toEqual(head);
    expect(readHead(id, text.slice(0, 20))).toBeNull();
  });

  it('has no long reason', () => {
    const long = entryText(message, resultOf({ reason: 'é'.repeat(10_000) }), PLANNED);
    expect(readEntry(id, long)?.reason).toHaveLength(500);
    expect(Buffer.byteLength(long)).toBeLessThan(8192);
  });

  it('may be written otherwise by a person who repaired it', () => {
    const pretty = JSON.stringify({ note: 'mended', ...JSON.parse(text), body: '{"x":2}' }, null, 2);
    expect(readEntry(id, pretty)).toEqual({ ...head, body: '{"x":2}' });
  });

  it.each([
    ['cut off', text.slice(0, -20)],
    ['empty', ''],
    ['another version', text.replace('"version":1', '"version":2')],
    ['no JSON as body', text.replace(/"body":"\{/, '"body":"')],
    ['a key that is no header', text.replace('a/b', 'a\\nb')],
    ['an end that is none', text.replace('"given up"', '"delivered"')],
  ])('is not taken when it is damaged: %s', (_, damaged) => {
    expect(readEntry(id, damaged)).toBeNull();
  });
});
