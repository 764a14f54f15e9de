/** What a row takes besides its bytes, so that empty ones are bounded too. */
const ROW_BYTES = 200;

/** The first rows, `limit` and about `maxBytes` at most, but one where there is one; `more` when others follow. */
export function firstOf<Row extends readonly unknown[]>(
  rows: Iterable<Row>,
  limit: number,
  maxBytes: number,
): { taken: Row[]; more: boolean } {
  const taken: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    bytes += sizeOf(row);
    if (taken.length > 0 && (taken.length >= limit || bytes > maxBytes)) return { taken, more: true };
    taken.push(row);
  }
  return { taken, more: false };
}

function sizeOf(row: readonly unknown[]): number {
  return row.reduce<number>((sum, part) => sum + (part instanceof Uint8Array ? part.length : 0), ROW_BYTES);
}
