/** Rows of numbers and bytes in two arrays, so that handing them to another thread costs one transfer. */
export interface Flat {
  /** Numbers, and the length of each part where the row has it; NULL where the part is null. */
  numbers: Float64Array<ArrayBuffer>;
  /** The parts, one after the other. */
  bytes: Uint8Array<ArrayBuffer>;
}

const NULL = -1;

/** Writes rows; a reader must ask for the same things in the same order. */
export class FlatWriter {
  private readonly numbers: number[] = [];
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  /** Bytes so far. */
  get size(): number {
    return this.length + this.numbers.length * Float64Array.BYTES_PER_ELEMENT;
  }

  number(value: number): this {
    this.numbers.push(value);
    return this;
  }

  /** Text becomes UTF-8. Bytes must stay as they are until `pack`. */
  part(value: string | Uint8Array | null): this {
    if (value === null) return this.number(NULL);
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    this.parts.push(bytes);
    this.length += bytes.length;
    return this.number(bytes.length);
  }

  pack(): Flat {
    const bytes = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return { numbers: Float64Array.from(this.numbers), bytes };
  }
}

export class FlatReader {
  private readonly all: Buffer;
  private next = 0;
  private position = 0;

  constructor(private readonly flat: Flat) {
    const { buffer, byteOffset, length } = flat.bytes;
    this.all = Buffer.from(buffer, byteOffset, length);
  }

  get isOver(): boolean {
    return this.next >= this.flat.numbers.length;
  }

  number(): number {
    return this.flat.numbers[this.next++]!;
  }

  /** A view of the whole: who keeps it keeps all. */
  part(): Buffer | null {
    const length = this.number();
    if (length === NULL) return null;
    return this.all.subarray(this.position, (this.position += length));
  }

  text(): string | null {
    return this.part()?.toString() ?? null;
  }
}
