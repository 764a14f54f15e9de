/* eslint-disable no-control-regex */

/** What a terminal obeys instead of showing it: C0 but tab and line feed, DEL, C1, and marks that reorder text. */
const CONTROLS =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** The text with control characters written as `\u001b`, for a terminal. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, escaped);
}

/** The same for a line of JSON, whose C0 are escaped already; its values stay what they are. */
export function escapeInJson(line: string): string {
  return line.replace(/[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
