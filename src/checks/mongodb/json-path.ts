/** The value at `$.a.b`, `a.b`; `$` is the whole. Undefined where nothing is. */
export function valueAt(data: unknown, path: string): unknown {
  const keys = path
    .replace(/^\$\.?/, '')
    .split('.')
    .filter((key) => key !== '');
  let value = data;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
