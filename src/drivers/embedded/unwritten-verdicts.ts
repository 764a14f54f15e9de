import type { Verdict } from '../../ports/message-exchange.port.js';
import type { Verdicts } from './protocol.js';

/** Verdicts on their way to the file. Each stays here until it is written. */
export class UnwrittenVerdicts {
  private next: Verdicts = none();
  private writing: Verdicts | undefined;

  get size(): number {
    return countOf(this.next) + (this.writing ? countOf(this.writing) : 0);
  }

  add(id: number, verdict: Verdict): void {
    switch (verdict.kind) {
      case 'done':
        this.next.done.push(id);
        return;
      case 'retry': {
        const dueAt = Math.round(Date.now() + verdict.delayMs);
        this.next.retries.push({ id, dueAt, progress: JSON.stringify(verdict.progress) });
        return;
      }
      case 'dead': {
        const { failures: attempts, firstSeenAt } = verdict.progress;
        const progress = JSON.stringify({ ...verdict.progress, failures: 0 });
        this.next.dead.push({
          id,
          attempts,
          firstSeenAt,
          diedAt: Date.now(),
          progress,
          ...verdict.reason,
        });
      }
    }
  }

  /** All of them, to be written now; null when there are none. */
  take(): Verdicts | null {
    if (countOf(this.next) === 0) return null;
    this.writing = this.next;
    this.next = none();
    return this.writing;
  }

  /** What was taken is in the file. */
  written(): void {
    this.writing = undefined;
  }

  /** What was taken may not be in the file: it is taken again. */
  failed(): void {
    const { done, retries, dead } = this.writing ?? none();
    this.next.done.push(...done);
    this.next.retries.push(...retries);
    this.next.dead.push(...dead);
    this.writing = undefined;
  }
}

function none(): Verdicts {
  return { done: [], retries: [], dead: [] };
}

function countOf({ done, retries, dead }: Verdicts): number {
  return done.length + retries.length + dead.length;
}
