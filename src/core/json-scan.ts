import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './json-text.js';

/** As many as the elements of the largest array that anyone reads (BATCH_MAX_RECORDS, MONITORS_IMPORT_MAX). */
const KEPT_COMMAS = 1_000_000;

/** What one JSON text may parse to. */
export interface JsonBounds {
  /** Objects and arrays inside each other. */
  depth: number;
  /** Values: objects, arrays, texts, numbers, true, false, null. An empty object or array counts as two. */
  nodes: number;
  /** Members of all its objects together; unbounded when absent. */
  keys?: number;
}

/**
 * Measures JSON text before anything parses it: a text of 15 MB may parse to five million objects, or nest deeper than
 * recursive code can follow. One pass over the characters, in steps of any length; nothing is built.
 */
export class JsonScan {
  depth = 0;
  nodes = 1;
  keys = 0;
  /** Positions of the first million commas between the elements of an array, when asked for. */
  readonly commas: number[] = [];
  /** How many there are. */
  outerCommas = 0;

  private at = 0;
  private open = 0;
  private isInString = false;
  private isEscaped = false;

  constructor(
    private readonly text: string,
    private readonly withCommas = false,
  ) {}

  /** Reads up to `most` characters on. True at the end of the text. */
  advance(most: number): boolean {
    const end = Math.min(this.text.length, this.at + most);
    while (this.at < end) {
      if (this.isInString) this.passString(end);
      else this.pass(this.text.charCodeAt(this.at));
    }
    return this.at === this.text.length;
  }

  /** What the text has more of than it may, with the bound; null when it is within. */
  excess(bounds: JsonBounds): string | null {
    if (this.depth > bounds.depth) return `is nested more than ${bounds.depth} levels deep`;
    if (this.keys > (bounds.keys ?? Infinity)) return `has more than ${bounds.keys} keys`;
    if (this.nodes > bounds.nodes) return `has more than ${bounds.nodes} values`;
    return null;
  }

  private pass(code: number): void {
    if (code === QUOTE) this.isInString = true;
    else if (code === COMMA) {
      this.nodes += 1;
      if (this.withCommas && this.open === 1) this.keepComma();
    } else if (code === COLON) this.keys += 1;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) this.enter();
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) this.open -= 1;
    this.at += 1;
  }

  private keepComma(): void {
    this.outerCommas += 1;
    if (this.commas.length < KEPT_COMMAS) this.commas.push(this.at);
  }

  private enter(): void {
    this.nodes += 1;
    this.open += 1;
    if (this.open > this.depth) this.depth = this.open;
  }

  private passString(end: number): void {
    const { text } = this;
    let at = this.at;
    while (at < end) {
      const code = text.charCodeAt(at);
      at += 1;
      if (this.isEscaped) this.isEscaped = false;
      else if (code === BACKSLASH) this.isEscaped = true;
      else if (code === QUOTE) {
        this.isInString = false;
        break;
      }
    }
    this.at = at;
  }
}

/** What the text has more of than it may; null when it is within its bounds. A short text needs no look. */
export function jsonExcess(text: string, bounds: JsonBounds): string | null {
  // A level, a value and a key each take two characters of valid JSON at least.
  if (text.length <= 2 * Math.min(bounds.depth, bounds.nodes, bounds.keys ?? Infinity)) return null;
  const scan = new JsonScan(text);
  scan.advance(text.length);
  return scan.excess(bounds);
}
