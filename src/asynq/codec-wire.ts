import { isUtf8 } from 'node:buffer';
import { TaskDamagedError } from './errors.js';

/** Source: protobuf.dev/programming-guides/encoding. Only what Asynq's records use: varints and byte strings. */
const VARINT = 0;
const LENGTH = 2;
const FIXED_BYTES: Partial<Record<number, number>> = { 1: 8, 5: 4 };

/** Writes fields one after the other; those of the default value (0, empty) are left out, as proto3 does. */
export class WireWriter {
  private bytes: Buffer;
  private end = 0;

  constructor(size = 512) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  get length(): number {
    return this.end;
  }

  /** What was written from `start` on: a view that stays good, for a grown writer leaves the old bytes alone. */
  from(start: number): Buffer {
    return this.bytes.subarray(start, this.end);
  }

  /** A whole number, at most 2^53 - 1; below 0 as two's complement of 64 bits. */
  number(field: number, value: number): void {
    if (value === 0) return;
    this.reserve(20);
    this.varint(field * 8 + VARINT);
    if (value > 0) this.varint(value);
    else this.negative(value);
  }

  text(field: number, value: string): void {
    if (value === '') return;
    this.reserve(value.length * 3 + 20);
    this.varint(field * 8 + LENGTH);
    // Where the length surely takes one byte it is written after the text.
    if (value.length < 43) {
      const written = this.bytes.write(value, this.end + 1);
      this.bytes[this.end] = written;
      this.end += written + 1;
    } else {
      this.varint(Buffer.byteLength(value));
      this.end += this.bytes.write(value, this.end);
    }
  }

  data(field: number, value: Buffer): void {
    if (value.length > 0) this.message(field, value);
  }

  /** As `data`, but an empty one is written: a message that is there and has only defaults. */
  message(field: number, value: Buffer): void {
    this.reserve(value.length + 20);
    this.varint(field * 8 + LENGTH);
    this.varint(value.length);
    this.end += value.copy(this.bytes, this.end);
  }

  private varint(value: number): void {
    let rest = value;
    while (rest > 0x7f_ff_ff_ff) {
      this.bytes[this.end++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.bytes[this.end++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.end++] = rest;
  }

  private negative(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 0x7fn; rest >>= 7n) this.bytes[this.end++] = Number(rest & 0x7fn) | 0x80;
    this.bytes[this.end++] = Number(rest);
  }

  private reserve(more: number): void {
    if (this.end + more <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.end + more));
    this.bytes.copy(grown, 0, 0, this.end);
    this.bytes = grown;
  }
}

/** Reads fields one after the other. Every read may throw TaskDamagedError, and nothing else. */
export class WireReader {
  private at = 0;
  private type = 0;

  constructor(private readonly bytes: Buffer) {}

  /** The next field's number; 0 at the end. Then one of the methods below takes its value. */
  next(): number {
    if (this.at === this.bytes.length) return 0;
    const tag = this.varint();
    this.type = tag % 8;
    const field = Math.floor(tag / 8);
    if (field === 0 || field > 0x1f_ff_ff_ff) throw new TaskDamagedError('a field has no number');
    return field;
  }

  /** A 64-bit number; what a number cannot hold becomes the nearest that it can. */
  number(): number {
    this.expect(VARINT);
    return this.varint();
  }

  /** A 32-bit number: the lower half of what stands there, as Go reads it; beyond 2^53 that of the nearest `number`. */
  int32(): number {
    return Number(BigInt.asIntN(32, BigInt(this.number())));
  }

  text(): string {
    const [start, end] = this.range();
    const text = this.bytes.toString('utf8', start, end);
    if (text.includes('\ufffd') && !isUtf8(this.bytes.subarray(start, end)))
      throw new TaskDamagedError('a text is not UTF-8');
    return text;
  }

  /** A view. */
  data(): Buffer {
    const [start, end] = this.range();
    return this.bytes.subarray(start, end);
  }

  skip(): void {
    if (this.type === VARINT) this.varint();
    else if (this.type === LENGTH) this.range();
    else this.advance(FIXED_BYTES[this.type] ?? this.unreadable());
  }

  private unreadable(): never {
    throw new TaskDamagedError('a field has an unknown wire type');
  }

  private range(): [start: number, end: number] {
    this.expect(LENGTH);
    const length = this.varint();
    const start = this.at;
    this.advance(length);
    return [start, this.at];
  }

  private advance(length: number): void {
    if (length < 0 || length > this.bytes.length - this.at) throw new TaskDamagedError('it is cut short');
    this.at += length;
  }

  private expect(type: number): void {
    if (this.type !== type) throw new TaskDamagedError('a field has the wrong wire type');
  }

  private varint(): number {
    let value = 0;
    for (let i = 0, scale = 1; i < 7; i++, scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return this.longVarint(value);
  }

  /** Seven of its bytes are read, 49 bits. */
  private longVarint(lower: number): number {
    let value = BigInt(lower);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        const signed = Number(BigInt.asIntN(64, value));
        return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, signed));
      }
    }
    throw new TaskDamagedError('a number is too long');
  }

  private byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw new TaskDamagedError('it is cut short');
    this.at += 1;
    return byte;
  }
}
