import type { ByteBudget } from './byte-budget.js';

/** Smaller ones are not counted: connections bound those well enough. */
const SMALL_BYTES = 64 * 1024;
const FIRST_BYTES = 16 * 1024;
const NOTHING = Buffer.alloc(0);

/** Bytes that come in pieces: a million one-byte pieces take no more room than one large piece. */
export class GrowingBuffer {
  private bytes: Buffer = NOTHING;
  /** The bytes are those of the first piece, which is another's to write to. */
  private isBorrowed = false;
  private used = 0;
  private counted = 0;

  constructor(
    readonly most: number,
    /** Asked for the room above 64 KiB; what was taken is given back by `clear`. */
    private readonly budget: ByteBudget,
  ) {}

  get length(): number {
    return this.used;
  }

  /** What came so far; a view, good until the next change. */
  get content(): Buffer {
    return this.bytes.subarray(0, this.used);
  }

  /** Answers `too-long` or `no-room`, with nothing added, where it does not fit. */
  add(piece: Buffer): 'added' | 'too-long' | 'no-room' {
    const length = this.used + piece.length;
    if (length > this.most) return 'too-long';
    if (this.bytes === NOTHING && length <= SMALL_BYTES) return this.borrow(piece);
    if (length > this.bytes.length && !this.grow(length)) return 'no-room';
    piece.copy(this.bytes, this.used);
    this.used = length;
    return 'added';
  }

  /** Empty again, with a small buffer kept and a large one let go. */
  clear(): void {
    this.used = 0;
    if (this.counted === 0 && !this.isBorrowed) return;
    this.budget.give(this.counted);
    this.counted = 0;
    this.bytes = NOTHING;
    this.isBorrowed = false;
  }

  /** Most bodies come in one piece, which need not be copied. */
  private borrow(piece: Buffer): 'added' {
    this.bytes = piece;
    this.used = piece.length;
    this.isBorrowed = true;
    return 'added';
  }

  /** A first piece gets room for itself. */
  private grow(needed: number): boolean {
    const doubled = Math.min(this.most, Math.max(FIRST_BYTES, this.bytes.length * 2));
    const size = this.used === 0 ? needed : Math.max(needed, doubled);
    if (size > SMALL_BYTES) {
      if (!this.budget.take(size - this.counted)) return false;
      this.counted = size;
    }
    const larger = Buffer.allocUnsafe(size);
    this.bytes.copy(larger, 0, 0, this.used);
    this.bytes = larger;
    this.isBorrowed = false;
    return true;
  }
}
