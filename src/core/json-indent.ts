import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  endsScalar,
  QUOTE,
  skipSpace,
  skipValue,
} from './json-text.js';
import { Pauses } from './pauses.js';

const STRUCTURE = [COMMA, COLON, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET];
const DEEPEST = 64;
const LINES = Array.from({ length: DEEPEST + 1 }, (_, depth) => `\n${'  '.repeat(depth)}`);
/** Characters that are laid out in one go: less than 5 ms. */
const STEP = 128 * 1024;
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

/** The same as UTF-8, with other work done in between. */
export async function indentLong(text: string): Promise<Buffer> {
  const layout = new Layout(text);
  const pauses = new Pauses();
  const parts: Buffer[] = [];
  while (!layout.advance(STEP)) {
    parts.push(Buffer.from(layout.take()));
    await pauses.ifDue();
  }
  parts.push(Buffer.from(layout.take()));
  await pauses.now();
  return Buffer.concat(parts);
}

class Layout {
  private out = '';
  private depth = 0;
  /** Where the next token begins, or how far a long text has been read. */
  private at = 0;
  /** Where a text, number or word begins whose end has not been reached. */
  private scalarFrom = -1;
  /** Characters that may still be added. */
  private spare: number;

  constructor(private readonly text: string) {
    this.spare = Math.max(0, Math.min(16 * text.length + MIB, LONGEST - text.length));
  }

  run(): string {
    let index = skipSpace(this.text, 0);
    while (index < this.text.length) index = skipSpace(this.text, this.write(index));
    return this.out;
  }

  /** Reads about `most` characters on, of a long text of JSON too. True at the end. */
  advance(most: number): boolean {
    const end = Math.min(this.text.length, this.at + most);
    while (this.at < end) {
      if (this.scalarFrom === -1) this.begin(this.text.charCodeAt(this.at));
      else if (this.text.charCodeAt(this.scalarFrom) === QUOTE) this.passText(end);
      else this.passWord(end);
    }
    if (this.at < this.text.length) return false;
    if (this.scalarFrom !== -1) this.endScalar();
    return true;
  }

  private begin(code: number): void {
    if (STRUCTURE.includes(code)) this.at = this.write(this.at);
    else {
      if (code > 0x20) this.scalarFrom = this.at;
      this.at += 1;
    }
  }

  /** What has been written since the last time. */
  take(): string {
    const { out } = this;
    this.out = '';
    return out;
  }

  private passText(end: number): void {
    const { text } = this;
    let { at } = this;
    for (; at < end; at += 1) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) at += 1;
    }
    this.at = at;
    if (at >= end) return;
    this.at += 1;
    this.endScalar();
  }

  /** Numbers, true, false, null. */
  private passWord(end: number): void {
    while (this.at < end && !endsScalar(this.text.charCodeAt(this.at))) this.at += 1;
    if (this.at < end) this.endScalar();
  }

  private endScalar(): void {
    this.out += this.text.slice(this.scalarFrom, this.at);
    this.scalarFrom = -1;
  }

  /** Writes what begins at `at`; answers where it ends. */
  private write(at: number): number {
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
