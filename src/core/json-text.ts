/**
 * Finds parts of JSON text without rebuilding it, so that what a sender wrote goes on byte for byte: `1.0` stays
 * `1.0`, and a 19-digit id keeps its digits. The text must be valid JSON (JSON.parse has accepted it); then a value's
 * end is found by its brackets and quotes alone.
 */

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

/** Index of the first character at or after `at` that is not white space. */
export function skipSpace(text: string, at: number): number {
  let index = at;
  while (text.charCodeAt(index) <= 0x20) index += 1;
  return index;
}

/** Index just past the string whose opening quote is at `at`. */
function skipString(text: string, at: number): number {
  let index = at;
  for (;;) {
    index = text.indexOf('"', index + 1);
    if (index === -1) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(index - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return index + 1;
  }
}

function skipNested(text: string, at: number): number {
  let depth = 0;
  let index = at;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      index = skipString(text, index);
      continue;
    }
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth += 1;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth -= 1;
    index += 1;
    if (depth === 0) return index;
  }
  return index;
}

/** Index just past the value that begins at `at`. */
export function skipValue(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === QUOTE) return skipString(text, at);
  if (code === OPEN_BRACE || code === OPEN_BRACKET) return skipNested(text, at);
  let index = at;
  while (index < text.length && !endsScalar(text.charCodeAt(index))) index += 1;
  return index;
}

/** Whether a number, true, false or null ends before this character. */
export function endsScalar(code: number): boolean {
  return code === COMMA || code === CLOSE_BRACE || code === CLOSE_BRACKET || code <= 0x20;
}

/** The text of an object's member; the last one where a name stands twice, as JSON.parse has it. */
export function memberText(text: string, objectAt: number, name: string): string | undefined {
  let found: string | undefined;
  let index = skipSpace(text, objectAt + 1);
  while (index < text.length && text.charCodeAt(index) !== CLOSE_BRACE) {
    const nameEnd = skipString(text, index);
    const isIt = sameName(text, index, nameEnd, name);
    const colon = skipSpace(text, nameEnd);
    const from = skipSpace(text, text.charCodeAt(colon) === COLON ? colon + 1 : colon);
    const to = skipValue(text, from);
    if (isIt) found = text.slice(from, to);
    index = skipSpace(text, to);
    if (text.charCodeAt(index) === COMMA) index = skipSpace(text, index + 1);
  }
  return found;
}

function sameName(text: string, from: number, to: number, name: string): boolean {
  if (to - from === name.length + 2 && text.startsWith(name, from + 1)) return true;
  const quoted = text.slice(from, to);
  return quoted.includes('\\') && JSON.parse(quoted) === name;
}

/** The text of each element of an array, in order. */
export function* elementTexts(text: string, arrayAt: number): Generator<string> {
  let index = skipSpace(text, arrayAt + 1);
  while (index < text.length && text.charCodeAt(index) !== CLOSE_BRACKET) {
    const to = skipValue(text, index);
    yield text.slice(index, to);
    index = skipSpace(text, to);
    if (text.charCodeAt(index) === COMMA) index = skipSpace(text, index + 1);
  }
}

const ESCAPED = Array.from({ length: 128 }, (_, code) => '"\\/bfnrt'.includes(String.fromCharCode(code)));

/** Whether a backslash may stand before this character of a string; `u` needs four digits besides. */
export function isEscaped(code: number): boolean {
  return ESCAPED[code] === true;
}

export function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}

/** Of `\u00e9`, characters. */
export const LONGEST_ESCAPE = 6;

/** Characters of the escape at `at`; 1 where it is none. */
export function escapeLength(text: string, at: number): number {
  const code = text.charCodeAt(at + 1);
  if (isEscaped(code)) return 2;
  if (code !== 0x75) return 1;
  for (let digit = at + 2; digit < at + LONGEST_ESCAPE; digit += 1)
    if (!isHex(text.charCodeAt(digit))) return 1;
  return LONGEST_ESCAPE;
}
