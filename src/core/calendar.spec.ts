import { describe, expect, it } from '@jest/globals';
import { expectEarliestFirst } from '../../test/support/earliest-first.js';
import { Calendar, type Dated } from './calendar.js';

const WIDTH = 50;
const dated = (at: number): Dated => ({ at, place: -1, rank: 0, page: null });

describe('a calendar', () => {
  it.each([1, WIDTH, 5000])(
    'of pages of %i has the earliest first whatever is put, moved, taken',
    (width) => {
      expectEarliestFirst<Dated>(new Calendar(width), dated, ({ place, page }) =>
        expect([place, page]).toEqual([-1, null]),
      );
    },
  );

  it('keeps the order of those that came for the same moment, also when they are moved', () => {
    const calendar = new Calendar(WIDTH);
    const items = Array.from({ length: 100 }, () => dated(5));
    for (const item of items) calendar.put(item);
    for (const item of [...items].reverse()) {
      item.at = 105;
      calendar.put(item);
    }
    calendar.put(dated(104));
    calendar.remove(calendar.first!);
    for (const item of items) {
      expect(calendar.first).toBe(item);
      calendar.remove(item);
    }
    expect([calendar.first, calendar.size]).toEqual([undefined, 0]);
  });

  it('takes out only what is in it', () => {
    const calendar = new Calendar(WIDTH);
    const [here, elsewhere] = [dated(1), dated(2)];
    calendar.put(here);
    new Calendar(WIDTH).put(elsewhere);
    calendar.remove(elsewhere);
    calendar.remove(dated(1));
    expect([calendar.size, calendar.first]).toEqual([1, here]);
  });
});
