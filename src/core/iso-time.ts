/** So many, a power of two, are remembered, each at its own place: under load those of the last milliseconds come again and again. */
const REMEMBERED = 64;
const moments = new Array<number>(REMEMBERED).fill(NaN);
const texts = new Array<string>(REMEMBERED).fill('');

/** A moment, milliseconds since the Unix epoch, as ISO 8601 in UTC. */
export function isoTime(at: number): string {
  const place = at & (REMEMBERED - 1);
  if (moments[place] !== at) {
    texts[place] = new Date(at).toISOString();
    moments[place] = at;
  }
  return texts[place] as string;
}
