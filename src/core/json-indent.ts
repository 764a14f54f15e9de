import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  skipSpace,
  skipValue,
} from './json-text.js';

const DEEPEST = 64;
const LINES = Array.from({ length: DEEPEST + 1 }, (_, depth) => `\n${'  '.repeat(depth)}`);
const MIB = 1024 * 1024;
/** V8's longest string has 512 Mi characters. */
const LONGEST = 500 * MIB;

/**
 * Lays valid JSON text out as Python's `json.dump(indent=2)` does. Every scalar and every name stays as the sender wrote
 * it: `1.0`, `1e400`, 19-digit integers, escapes, names that stand twice. What is deeper than 64 levels stays on one
 * line, and so does the rest once 16 times the text's length (and 1 MiB) has been added: a text of brackets must not
 * fill the memory.
 */
export function indentJson(text: string): string {
  return new Layout(text).run();
}

class Layout {
  private out = '';
  private depth = 0;
  /** Characters that may still be added. */
  private spare: number;

  constructor(private readonly text: string) {
    this.spare = Math.max(0, Math.min(16 * text.length + MIB, LONGEST - text.length));
  }

  run(): string {
    let index = skipSpace(this.text, 0);
    while (index < this.text.length) index = skipSpace(this.text, this.take(index));
    return this.out;
  }

  /** Writes what begins at `at`; answers where it ends. */
  private take(at: number): number {
    const code = this.text.charCodeAt(at);
    if (code === COMMA) this.out += `,${this.spaces(LINES[this.depth] ?? ' ')}`;
    else if (code === COLON) this.out += `:${this.spaces(' ')}`;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) return this.open(at, code);
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) this.close(at);
    else {
      const to = skipValue(this.text, at);
      this.out += this.text.slice(at, to);
      return to;
    }
    return at + 1;
  }

  private open(at: number, code: number): number {
    const next = skipSpace(this.text, at + 1);
    const closes = code === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
    if (this.text.charCodeAt(next) === closes) {
      this.out += code === OPEN_BRACE ? '{}' : '[]';
      return next + 1;
    }
    this.depth += 1;
    this.out += this.text[at]! + this.spaces(LINES[this.depth] ?? '');
    return next;
  }

  private close(at: number): void {
    this.depth -= 1;
    this.out += (this.depth < DEEPEST ? this.spaces(LINES[this.depth]!) : '') + this.text[at]!;
  }

  private spaces(wanted: string): string {
    if (wanted.length > this.spare) return '';
    this.spare -= wanted.length;
    return wanted;
  }
}
