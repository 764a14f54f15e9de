import { isUtf8 } from 'node:buffer';
import { AppError } from '../../core/errors.js';

export type Line = { text: string } | { error: AppError };

const NEWLINE = 0x0a;

/** Cuts a byte stream into lines of at most `most` bytes. Blank lines are dropped, a longer one becomes one error. */
export class LineSplitter {
  private rest: Buffer[] = [];
  private restBytes = 0;
  private isOverlong = false;

  constructor(private readonly most: number) {}

  /** The lines that `chunk` completes. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to !== -1; to = chunk.indexOf(NEWLINE, from)) {
      this.keep(chunk.subarray(from, to));
      this.complete(lines);
      from = to + 1;
    }
    this.keep(chunk.subarray(from));
    return lines;
  }

  /** The last line, when no newline ended it. */
  end(): Line[] {
    const lines: Line[] = [];
    this.complete(lines);
    return lines;
  }

  private keep(part: Buffer): void {
    if (this.restBytes + part.length > this.most) {
      this.isOverlong = true;
      this.rest = [];
    }
    this.restBytes += part.length;
    if (!this.isOverlong && part.length > 0) this.rest.push(part);
  }

  private complete(lines: Line[]): void {
    const bytes = this.rest.length === 1 ? (this.rest[0] as Buffer) : Buffer.concat(this.rest);
    const isOverlong = this.isOverlong;
    this.rest = [];
    this.restBytes = 0;
    this.isOverlong = false;
    if (isOverlong)
      lines.push({ error: new AppError('BODY_TOO_LARGE', 'The line is longer than BODY_LIMIT allows.') });
    else if (!isUtf8(bytes)) lines.push({ error: new AppError('MALFORMED_JSON', 'The line is not UTF-8.') });
    else {
      const text = bytes.toString('utf8').trim();
      if (text !== '') lines.push({ text });
    }
  }
}
