import { describe, expect, it } from '@jest/globals';
import { Calendar, type Dated } from './calendar.js';

const WIDTH = 50;
const dated = (at: number): Dated => ({ at, place: -1, rank: 0, page: null });

/** Numbers that look random and are the same in each run. */
function* numbers(seed: number): Generator<number> {
  for (let n = seed; ; yield n) n = (Math.imul(n, 1_103_515_245) + 12_345) & 0x7fffffff;
}

describe('a calendar', () => {
  it.each([1, WIDTH, 5000])(
    'of pages of %i has the earliest first whatever is put, moved, taken',
    (width) => {
      const calendar = new Calendar(width);
      const items = new Set<Dated>();
      const random = numbers(7);
      const draw = (most: number) => (random.next().value as number) % most;
      for (let step = 0; step < 5000; step += 1) {
        const any = [...items][draw(items.size || 1)];
        const what = draw(4);
        if (what < 2 || !any) {
          const item = dated(draw(1000) - 200);
          items.add(item);
          calendar.put(item);
        } else if (what === 2) {
          any.at = draw(1000);
          calendar.put(any);
        } else {
          items.delete(any);
          calendar.remove(any);
          expect([any.place, any.page]).toEqual([-1, null]);
        }
        expect(calendar.size).toBe(items.size);
        expect(calendar.first?.at ?? Infinity).toBe(Math.min(Infinity, ...[...items].map(({ at }) => at)));
      }
      const due = calendar.upTo(475).map(({ at }) => at);
      const expected = [...items].map(({ at }) => at).filter((at) => at <= 475);
      expect(due.sort()).toEqual(expected.sort());
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
