export type Condition = '==' | '!=' | '>' | '<' | '>=' | '<=';

/** Whether a value of a body stands to an expected text as the condition says: by number where both are numbers. */
export function compares(actual: unknown, condition: Condition, expected: string): boolean {
  if (condition === '==') return isEqual(actual, expected);
  if (condition === '!=') return !isEqual(actual, expected);
  const text = textOfValue(actual);
  const [left, right] = areNumbers(text, expected) ? [Number(text), Number(expected)] : [text, expected];
  if (condition === '>') return left > right;
  if (condition === '<') return left < right;
  return condition === '>=' ? left >= right : left <= right;
}

/** As people write it: texts without quotation marks, all else as JSON. */
export function textOfValue(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function isEqual(actual: unknown, expected: string): boolean {
  const text = textOfValue(actual);
  if (text === expected) return true;
  if (actual === null) return expected === '';
  if (typeof actual === 'number') return areNumbers(text, expected) && actual === Number(expected);
  return typeof actual === 'object' && isSameJson(actual, expected);
}

function areNumbers(...texts: string[]): boolean {
  return texts.every((text) => text.trim() !== '' && Number.isFinite(Number(text)));
}

function isSameJson(actual: unknown, expected: string): boolean {
  try {
    return canonical(actual) === canonical(JSON.parse(expected));
  } catch {
    return false;
  }
}

/** Whatever the order of the keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
