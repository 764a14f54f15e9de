import { describe, expect, it } from '@jest/globals';
import { etagOf, expectedOf, isExpected } from './expected.js';
import { cursorOf, historyQuery } from './history.query.js';
import { listQuery } from './monitors.query.js';
import { pushQuery } from './push/push.query.js';

const isId = (id: string) => id === 'id';
const refused = expect.objectContaining({ code: 'VALIDATION_FAILED' });

describe('the query of a list', () => {
  it('has its defaults, and each filter', () => {
    expect(listQuery({}, isId)).toEqual({ filter: {}, after: null, limit: 100 });
    const query = {
      active: 'false',
      type: 'http',
      priority: 'low',
      tag: 'eu',
      search: 'Sh',
      limit: '7',
      after: 'id',
    };
    expect(listQuery(query, isId)).toEqual({
      filter: { active: false, type: 'http', priority: 'low', tag: 'eu', search: 'Sh' },
      after: 'id',
      limit: 7,
    });
  });

  it.each([
    ['down', 0],
    ['0', 0],
    ['up', 1],
    ['pending', 2],
    ['3', 3],
  ])('takes the status %s', (status, number) => {
    expect(listQuery({ status }, isId).filter).toEqual({ status: number });
  });

  it.each([
    { status: 'unknown' },
    { status: '4' },
    { status: 'constructor' },
    { active: '1' },
    { priority: 'high' },
    { limit: '0' },
    { limit: '1001' },
    { limit: 'x' },
    { after: 'other' },
    { tag: ['a', 'b'] },
    { search: 'x'.repeat(151) },
    { tag: 'a\u0000' },
  ])('refuses %j', (query) => {
    expect(() => listQuery(query, isId)).toThrow(refused);
  });
});

describe('the cursor of a history', () => {
  it('comes back as it was', () => {
    const place = { plannedAt: 1_769_860_800_000, id: 'm:now:ü:1' };
    expect(historyQuery({ after: cursorOf(place), limit: '1000' })).toEqual({ limit: 1000, before: place });
    expect(historyQuery({})).toEqual({ limit: 100, before: null });
  });

  it.each([
    'x',
    'äöü',
    Buffer.from('x:y').toString('base64url'),
    Buffer.from('5:').toString('base64url'),
    ['a'],
    'a'.repeat(501),
  ])('refuses %j', (after) => {
    expect(() => historyQuery({ after })).toThrow(refused);
  });
});

describe('a push', () => {
  it.each([
    [{}, { found: 'up', message: '', latencyMs: null }],
    [
      { status: 'up', msg: 'OK', ping: '' },
      { found: 'up', message: 'OK', latencyMs: null },
    ],
    [
      { status: '1', ping: '12.5' },
      { found: 'up', latencyMs: 12.5 },
    ],
    [
      { status: 'DOWN', msg: 'disk full' },
      { found: 'down', message: 'disk full' },
    ],
    [{ status: '0' }, { found: 'down' }],
    [{ msg: 'a\u0000b\ud800' }, { message: 'ab' }],
  ])('%j', (query, push) => {
    expect(pushQuery(query, 5)).toMatchObject({ at: 5, ...push });
  });

  it('keeps the first 1,000 characters, and no half of one', () => {
    const { message } = pushQuery({ msg: `${'x'.repeat(998)}📦📦📦` }, 0);
    expect(message).toBe(`${'x'.repeat(998)}…`);
  });

  it.each([
    { status: 'maybe' },
    { status: ['up', 'down'] },
    { status: 'constructor' },
    { ping: '-1' },
    { ping: 'NaN' },
    { ping: '86400001' },
    { msg: ['a'] },
  ])('that says %j is refused', (query) => {
    expect(() => pushQuery(query, 0)).toThrow(refused);
  });
});

describe('what a client expects', () => {
  it('is one of its tags, or the moment that it saw, which a database may know more exactly', () => {
    const monitor = { updatedAt: 1_769_860_800_000.25 };
    const tag = etagOf(monitor);
    expect(isExpected(monitor, expectedOf(tag, undefined)!)).toBe(true);
    expect(isExpected(monitor, expectedOf(`"x", W/${tag}`, undefined)!)).toBe(true);
    expect(isExpected(monitor, expectedOf('"1769860800000"', undefined)!)).toBe(false);
    expect(isExpected(monitor, expectedOf(undefined, '2026-01-31T12:00:00.000Z')!)).toBe(true);
    expect(isExpected(monitor, expectedOf(undefined, '2026-01-31T12:00:00.001Z')!)).toBe(false);
    expect(expectedOf('*', undefined)).toBeNull();
    expect(expectedOf(undefined, undefined)).toBeNull();
    expect(() => expectedOf(undefined, 'yesterday')).toThrow(refused);
  });
});
