import type { DeadLetter } from '../../ports/message-exchange.port.js';
import { AppError } from '../../core/errors.js';

const PAGE_BYTES = 16 * 1024 * 1024;

/** Where a letter stands: the oldest first, those of one moment by id. */
export interface Place {
  diedAt: number;
  id: string;
}

export function isBefore(a: Place, b: Place): boolean {
  return a.diedAt === b.diedAt ? a.id < b.id : a.diedAt < b.diedAt;
}

/** A place as text, for `DeadLetterPage.next`. */
export function asCursor({ diedAt, id }: Place): string {
  return `${diedAt}.${id}`;
}

/** @throws AppError VALIDATION_FAILED */
export function placeAt(cursor: string): Place {
  const [, diedAt, id] = /^(\d{1,16})\.([0-9a-f-]{1,64})$/.exec(cursor) ?? [];
  if (diedAt === undefined || id === undefined)
    throw new AppError('VALIDATION_FAILED', 'after must be what an earlier page gave as next.');
  return { diedAt: Number(diedAt), id };
}

/**
 * The first letters after a place, out of all of them in any order, without holding many more: looking at letters
 * changes the order in which RabbitMQ keeps them.
 */
export class LetterPage {
  private kept: DeadLetter[] = [];
  /** What is not before it is on a later page. */
  private end: Place | null = null;
  private bytes = 0;

  constructor(
    private readonly limit: number,
    private readonly after: Place | null,
  ) {}

  add(letter: DeadLetter): void {
    if (this.after && !isBefore(this.after, letter)) return;
    if (this.end && !isBefore(letter, this.end)) return;
    this.kept.push(letter);
    this.bytes += letter.body.length;
    if (this.kept.length > 2 * this.limit || this.bytes > 2 * PAGE_BYTES) this.cut();
  }

  letters(): { letters: DeadLetter[]; next: string | null } {
    this.cut();
    const last = this.kept.at(-1);
    return { letters: this.kept, next: this.end && last ? asCursor(last) : null };
  }

  private cut(): void {
    const all = this.kept.sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.kept = [];
    this.bytes = 0;
    for (const letter of all) {
      const isFull = this.kept.length >= this.limit || this.bytes + letter.body.length > PAGE_BYTES;
      if (isFull && this.kept.length > 0) {
        this.end = letter;
        return;
      }
      this.kept.push(letter);
      this.bytes += letter.body.length;
    }
  }
}
