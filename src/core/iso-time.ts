let lastAt = NaN;
let lastText = '';

/** A moment, milliseconds since the Unix epoch, as ISO 8601 in UTC. Under load many in a row ask for the same one. */
export function isoTime(at: number): string {
  if (at !== lastAt) {
    lastText = new Date(at).toISOString();
    lastAt = at;
  }
  return lastText;
}
