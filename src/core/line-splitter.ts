import { isUtf8 } from 'node:buffer';
import type { ByteBudget } from './byte-budget.js';
import { AppError } from './errors.js';
import { GrowingBuffer } from './growing-buffer.js';
import { LONG_TEXT } from './long-json.js';

/** `number` counts from 1, blank lines too. */
export type Line = { number: number } & LineContent;

/** `bytes`: UTF-8 of a line that is too long to become text in one go. */
type LineContent = { text: string } | { bytes: Buffer } | { error: AppError };

const NEWLINE = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const RETURN = 0x0d;

/** Cuts a byte stream into lines of at most `most` bytes. Blank lines are dropped, a longer one becomes one error. */
export class LineSplitter {
  /** The beginning of a line whose end has not come. */
  private readonly rest: GrowingBuffer;
  private isOverlong = false;
  private number = 0;

  constructor(
    private readonly most: number,
    budget: ByteBudget,
  ) {
    this.rest = new GrowingBuffer(most, budget);
  }

  /** The lines that `chunk` completes. @throws AppError BUFFER_FULL when there is no room for the beginning of the next */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to !== -1; to = chunk.indexOf(NEWLINE, from)) {
      // Blank lines may come by the million: no text is made of them.
      if (this.hasBegun || !isBlank(chunk, from, to)) this.complete(chunk.subarray(from, to), lines);
      else this.number += 1;
      from = to + 1;
      for (; chunk[from] === NEWLINE; from += 1) this.number += 1;
    }
    this.keep(chunk.subarray(from));
    return lines;
  }

  private get hasBegun(): boolean {
    return this.rest.length > 0 || this.isOverlong;
  }

  /** The last line, when no newline ended it. */
  end(): Line[] {
    const lines: Line[] = [];
    this.complete(Buffer.alloc(0), lines);
    return lines;
  }

  /** Lets go of what was kept: the stream is over. */
  release(): void {
    this.rest.clear();
  }

  private keep(part: Buffer): void {
    if (this.isOverlong || part.length === 0) return;
    const result = this.rest.add(part);
    if (result === 'no-room')
      throw new AppError('BUFFER_FULL', 'Too many long lines are being read at once (BODIES_LIMIT).');
    if (result === 'added') return;
    this.isOverlong = true;
    this.rest.clear();
  }

  private complete(part: Buffer, lines: Line[]): void {
    const isWhole = this.rest.length === 0 && !this.isOverlong && part.length <= this.most;
    if (!isWhole) this.keep(part);
    const line = this.isOverlong
      ? { error: new AppError('BODY_TOO_LARGE', 'The line is longer than BODY_LIMIT allows.') }
      : readLine(isWhole ? part : this.rest.content);
    this.isOverlong = false;
    this.rest.clear();
    this.number += 1;
    if (line) lines.push({ number: this.number, ...line });
  }
}

function isBlank(chunk: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const byte = chunk[at];
    if (byte !== SPACE && byte !== RETURN && byte !== TAB) return false;
  }
  return true;
}

function readLine(bytes: Buffer): LineContent | undefined {
  if (!isUtf8(bytes)) return { error: new AppError('MALFORMED_JSON', 'The line is not UTF-8.') };
  if (bytes.length > LONG_TEXT) return isBlank(bytes, 0, bytes.length) ? undefined : { bytes };
  const text = bytes.toString('utf8').trim();
  return text === '' ? undefined : { text };
}
