import { JsonNumber } from './json-number.js';
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  escapeLength,
  isEscaped,
  isHex,
  LONGEST_ESCAPE,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './json-text.js';

/** Where a value lies in the text: from its first character to just past its last one. */
export interface Span {
  from: number;
  to: number;
}

/** What the next character outside texts, numbers and words may be. */
const VALUE = 0;
/** Just inside `[`. */
const VALUE_OR_END = 1;
/** Just inside `{`. */
const NAME_OR_END = 2;
const NAME = 3;
const NAME_END = 4;
/** After a value. */
const SEPARATOR = 5;

/** Where the next character stands. */
const BETWEEN = 0;
const IN_STRING = 1;
const IN_ESCAPE = 2;
const IN_NUMBER = 3;
const IN_WORD = 4;

const WORDS: Record<string, string> = { t: 'true', f: 'false', n: 'null' };

/**
 * Reads JSON text of any length in steps, without building anything: tells whether it is JSON, as JSON.parse would, and
 * where the members of its outermost object lie. JSON.parse cannot be interrupted; 16 MB of it take 100 ms.
 */
export class JsonWalk {
  /** The first character that JSON.parse would refuse; the length of the text where it ends too early. Null: none so far. */
  errorAt: number | null = null;
  /** Of the outermost object, those of the names asked for; the last one where a name stands twice. */
  readonly members = new Map<string, Span>();
  /** Whether the outermost value is an object or array that holds nothing. */
  isEmpty = false;

  private at = 0;
  private mode = BETWEEN;
  private expected = VALUE;
  /** The closing characters of what is open. */
  private readonly open: number[] = [];
  private hexLeft = 0;
  private readonly number = new JsonNumber();
  private word = '';
  private wordAt = 0;
  private from = 0;
  private name: string | undefined;
  private valueFrom = 0;

  constructor(
    private readonly text: string,
    private readonly names: readonly string[] = [],
  ) {}

  /** Reads up to `most` characters on. True when it is at the end, or at an error. */
  advance(most: number): boolean {
    const end = Math.min(this.text.length, this.at + most);
    while (this.at < end && this.errorAt === null) this.step(end);
    if (this.at === this.text.length && this.errorAt === null) this.finish();
    return this.at === this.text.length || this.errorAt !== null;
  }

  private step(end: number): void {
    if (this.mode === BETWEEN) this.passBetween(end);
    else if (this.mode === IN_STRING) this.passString(end);
    else if (this.mode === IN_ESCAPE) this.passEscape(this.text.charCodeAt(this.at));
    else if (this.mode === IN_NUMBER) this.passNumber(end);
    else this.passWord(this.text.charCodeAt(this.at));
  }

  private finish(): void {
    if (this.mode === IN_NUMBER) this.endNumber();
    if (this.mode !== BETWEEN || this.expected !== SEPARATOR || this.open.length > 0)
      this.errorAt ??= this.at;
  }

  private passBetween(end: number): void {
    for (; this.at < end; this.at += 1) {
      const code = this.text.charCodeAt(this.at);
      if (!isSpace(code)) return this.take(code);
    }
  }

  private take(code: number): void {
    if (this.expected === VALUE) this.takeValue(code);
    else if (this.expected === SEPARATOR) this.takeSeparator(code);
    else if (this.expected === VALUE_OR_END) {
      if (code === CLOSE_BRACKET) this.close(true);
      else this.takeValue(code);
    } else if (this.expected === NAME_END) {
      if (code !== COLON) return this.fail();
      this.expected = VALUE;
      this.at += 1;
    } else if (code === CLOSE_BRACE && this.expected === NAME_OR_END) this.close(true);
    else if (code === QUOTE) {
      this.expected = NAME;
      this.takeString();
    } else this.fail();
  }

  private takeValue(code: number): void {
    if (this.open.length === 1) this.valueFrom = this.at;
    this.expected = SEPARATOR;
    if (code === QUOTE) this.takeString();
    else if (code === OPEN_BRACE) this.enter(CLOSE_BRACE, NAME_OR_END);
    else if (code === OPEN_BRACKET) this.enter(CLOSE_BRACKET, VALUE_OR_END);
    else if (code === 0x2d || isDigit(code)) {
      this.mode = IN_NUMBER;
      this.number.begin();
      if (code === 0x2d) this.at += 1;
    } else this.takeWord(code);
  }

  private takeString(): void {
    this.mode = IN_STRING;
    this.from = this.at;
    this.at += 1;
  }

  private takeWord(code: number): void {
    const word = WORDS[String.fromCharCode(code)];
    if (word === undefined) return this.fail();
    this.mode = IN_WORD;
    this.word = word;
    this.wordAt = 0;
  }

  private takeSeparator(code: number): void {
    const closing = this.open.at(-1);
    if (closing === undefined) return this.fail();
    if (code === closing) return this.close(false);
    if (code !== COMMA) return this.fail();
    this.expected = closing === CLOSE_BRACE ? NAME : VALUE;
    this.at += 1;
  }

  private enter(closing: number, expected: number): void {
    this.open.push(closing);
    this.expected = expected;
    this.at += 1;
  }

  private close(isEmpty: boolean): void {
    this.open.pop();
    this.at += 1;
    if (this.open.length === 0) this.isEmpty = isEmpty;
    this.endValue();
  }

  private endValue(): void {
    this.mode = BETWEEN;
    this.expected = SEPARATOR;
    if (this.open.length !== 1 || this.name === undefined) return;
    this.members.set(this.name, { from: this.valueFrom, to: this.at });
    this.name = undefined;
  }

  private passString(end: number): void {
    const { text } = this;
    let { at } = this;
    while (at < end) {
      const code = text.charCodeAt(at);
      // Most escapes are whole within the step; any other is read character by character.
      const length = code === BACKSLASH && at + LONGEST_ESCAPE <= end ? escapeLength(text, at) : 1;
      if (length === 1 && (code === QUOTE || code === BACKSLASH || code < 0x20)) break;
      at += length;
    }
    this.at = at;
    if (at < end) this.takeSpecial(text.charCodeAt(at));
  }

  private takeSpecial(code: number): void {
    if (code < 0x20) return this.fail();
    this.at += 1;
    if (code === BACKSLASH) this.mode = IN_ESCAPE;
    else if (this.expected !== NAME) this.endValue();
    else {
      this.mode = BETWEEN;
      this.expected = NAME_END;
      if (this.open.length === 1) this.name = this.nameOf(this.from, this.at);
    }
  }

  /** One of the names asked for. What is longer than each of them written in escapes is none. */
  private nameOf(from: number, to: number): string | undefined {
    const most = Math.max(0, ...this.names.map(({ length }) => length));
    if (to - from > 6 * most + 2) return undefined;
    const name = JSON.parse(this.text.slice(from, to)) as string;
    return this.names.includes(name) ? name : undefined;
  }

  private passEscape(code: number): void {
    if (this.hexLeft > 0) {
      if (!isHex(code)) return this.fail();
      this.hexLeft -= 1;
    } else if (code === 0x75) this.hexLeft = 4;
    else if (!isEscaped(code)) return this.fail();
    this.at += 1;
    if (this.hexLeft === 0) this.mode = IN_STRING;
  }

  private passNumber(end: number): void {
    while (this.at < end) {
      if (!this.number.take(this.text.charCodeAt(this.at))) return this.endNumber();
      this.at += 1;
    }
  }

  private endNumber(): void {
    if (this.number.isWhole) this.endValue();
    else this.fail();
  }

  private passWord(code: number): void {
    if (code !== this.word.charCodeAt(this.wordAt)) return this.fail();
    this.wordAt += 1;
    this.at += 1;
    if (this.wordAt === this.word.length) this.endValue();
  }

  private fail(): void {
    this.errorAt = this.at;
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
