const NEWLINE = 0x0a;

/** Counts lines that are not blank, in bytes that come in pieces; the one that has begun counts too. */
export class LineCount {
  private lines = 0;
  private isBlank = true;

  /** All so far. */
  add(chunk: Buffer): number {
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] as number;
      if (byte === NEWLINE) this.isBlank = true;
      else if (this.isBlank && byte > 0x20) {
        this.isBlank = false;
        this.lines += 1;
      }
    }
    return this.lines;
  }
}
