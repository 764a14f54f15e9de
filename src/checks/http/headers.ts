import { validateHeaderName, validateHeaderValue } from 'node:http';

/** Decided by the connection itself. */
const OF_THE_CONNECTION =
  /^(connection|keep-alive|transfer-encoding|content-length|upgrade|expect|te|trailer)$/i;

/** Of a config: an object, or one in a string. Names in lower case; null when they cannot be sent. */
export function headersOf(given: string | Readonly<Record<string, string>>): Record<string, string> | null {
  try {
    const read: unknown = typeof given === 'string' ? JSON.parse(given.trim() || '{}') : given;
    if (typeof read !== 'object' || Array.isArray(read)) return null;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(read ?? {})) {
      if (!['string', 'number', 'boolean'].includes(typeof value)) return null;
      validateHeaderName(name);
      validateHeaderValue(name, String(value));
      if (!OF_THE_CONNECTION.test(name)) headers[name.toLowerCase()] = String(value);
    }
    return headers;
  } catch {
    return null;
  }
}
