import type { AppError } from '../../../core/errors.js';
import type { BatchOutcome, FileToWrite, WriteOutcome } from './file-to-write.js';
import { refusal } from './refusals.js';

/** A batch is full above either. A reservation of names holds a thousand. */
const MOST_FILES = 500;
const MOST_BYTES = 4 * 1024 * 1024;

/** A call of `write` that has no answer yet. */
export interface PendingWrite {
  file: FileToWrite;
  resolve: (outcome: WriteOutcome) => void;
  reject: (error: AppError) => void;
}

/** What waits for the worker. Its bound is the caller's: a message in hand is here once at most. */
export class WriteQueue {
  private waiting: PendingWrite[] = [];

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  push(write: PendingWrite): void {
    this.waiting.push(write);
  }

  /** First in line, and flagged: they may have been written. */
  putBack(writes: readonly PendingWrite[]): void {
    const again = writes.map((write) => ({ ...write, file: { ...write.file, redelivered: true } }));
    this.waiting = [...again, ...this.waiting];
  }

  take(): PendingWrite[] {
    let bytes = 0;
    const end = this.waiting.findIndex(({ file }, i) => {
      if (i === MOST_FILES || bytes >= MOST_BYTES) return true;
      bytes += file.content.length;
      return false;
    });
    return this.waiting.splice(0, end === -1 ? this.waiting.length : end);
  }

  rejectAll(error: AppError): void {
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }
}

export function bytesOf(writes: readonly PendingWrite[]): number {
  return writes.reduce((sum, { file }) => sum + file.content.length, 0);
}

export function settle({ resolve, reject }: PendingWrite, outcome: BatchOutcome): void {
  if (outcome.outcome === 'refused') reject(refusal(outcome.code));
  else resolve(outcome);
}
