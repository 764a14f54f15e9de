/** RFC 9110, "token". */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible characters, spaces, tabs, and bytes above ASCII. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The connection's, or ours: a message with another value would not arrive, or not be known by its key. */
const OURS = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'idempotency-key',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What is wrong with a header for HTTP, never its value; undefined when nothing is. */
export function httpHeaderMistake(name: string, value: string): string | undefined {
  const lower = name.toLowerCase();
  if (!TOKEN.test(name)) return 'is no name of a header';
  if (OURS.has(lower) || lower.startsWith('webhook-')) return 'cannot be set: it is set for each message';
  return VALUE.test(value)
    ? undefined
    : 'has a value that no header can have: a line break, or a character above 255';
}

/** The first header that stands twice, in other cases. */
export function twiceNamed(names: readonly string[]): string | undefined {
  const lower = names.map((name) => name.toLowerCase());
  return names.find((_, i) => lower.indexOf(lower[i] as string) !== i);
}
