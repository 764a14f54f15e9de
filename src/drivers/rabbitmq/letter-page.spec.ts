import type { DeadLetter, DeadLetterPage } from '../../ports/message-exchange.port.js';
import { asCursor, LetterPage, placeAt } from './letter-page.js';

const letter = (diedAt: number, id: string, bytes = 1) =>
  ({ id, diedAt, body: Buffer.alloc(bytes) }) as DeadLetter;
const MIB = 1024 * 1024;

/** All pages, of letters that come in another order each time. */
function pagesOf(letters: readonly DeadLetter[], limit: number): string[][] {
  const pages: string[][] = [];
  let after: string | null = null;
  do {
    const page: LetterPage = new LetterPage(limit, after === null ? null : placeAt(after));
    const turn = pages.length % letters.length;
    for (const one of [...letters.slice(turn), ...letters.slice(0, turn)].reverse()) page.add(one);
    const found: Pick<DeadLetterPage, 'letters' | 'next'> = page.letters();
    pages.push(found.letters.map(({ id }) => id));
    after = found.next;
  } while (after !== null);
  return pages;
}

describe('LetterPage', () => {
  const ids = ['0a', '0b', '0c', '0d', '0e', '0f'];

  it.each([1, 2, 4, 6, 7])('has the oldest first, in pages of %i', (limit) => {
    const letters = ids.map((id, i) => letter(Math.floor(i / 2), id));
    const pages = pagesOf(letters, limit);
    expect(pages.flat()).toEqual(ids);
    expect(pages.length).toBe(Math.ceil(ids.length / limit));
  });

  it('holds about 16 MiB, and one letter at least', () => {
    const sizes = [10, 5, 3, 40, 1, 1].map((mib) => mib * MIB);
    const letters = ids.map((id, i) => letter(i, id, sizes[i]));
    expect(pagesOf(letters, 10)).toEqual([['0a', '0b'], ['0c'], ['0d'], ['0e', '0f']]);
  });

  it('misses none where small ones come after large ones', () => {
    const random = (n: number) => Math.floor(Math.abs(Math.sin(n) * 1e6)) % 9;
    const many = Array.from({ length: 60 }, (_, i) =>
      letter(Math.floor(i / 3), (i + 16).toString(16).padStart(4, '0'), random(i + 1) * MIB),
    );
    expect(pagesOf(many, 7).flat()).toEqual(many.map(({ id }) => id));
  });

  it('is empty where there is nothing', () => {
    expect(new LetterPage(3, null).letters()).toEqual({ letters: [], next: null });
  });

  it('reads only what it wrote', () => {
    expect(placeAt(asCursor({ diedAt: 12, id: 'ab-1' }))).toEqual({ diedAt: 12, id: 'ab-1' });
    for (const text of ['', 'x', '1', '1.', '.a', '1.x y'])
      expect(() => placeAt(text)).toThrow(expect.objectContaining({ code: 'VALIDATION_FAILED' }));
  });
});
