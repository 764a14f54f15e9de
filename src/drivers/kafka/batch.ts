import type { Attempt } from './attempt.js';
import type { Entry, Holder } from './entry.js';

/** Records of one partition that go out together, in one request or in its repetitions. */
export class Batch implements Holder {
  /** Some attempt may have written it: from then on it is repeated as it is, or not at all. */
  ambiguous = false;
  /** Attempts that may have left the process. */
  attempts = 0;
  attempt: Attempt | null = null;
  lastError: unknown = null;
  /** The earliest of its records; no attempt begins after it. */
  readonly deadline: number;
  private readonly handedBack = new Set<Entry>();

  constructor(readonly entries: readonly Entry[]) {
    this.deadline = (entries[0] as Entry).deadline;
    for (const entry of entries) entry.holder = this;
  }

  get bytes(): number {
    return this.entries.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Records without an outcome. */
  live(): Entry[] {
    return this.entries.filter(({ done }) => !done);
  }

  giveUp(): boolean {
    return !this.ambiguous && (this.attempt?.callOff() ?? true);
  }

  settleWritten(partition: number, baseOffset: number): void {
    this.entries.forEach((entry, index) =>
      entry.settle({ ok: true, partition, offset: baseOffset < 0 ? -1 : baseOffset + index }),
    );
  }

  settleUnknown(cause: unknown): void {
    for (const entry of this.entries) entry.settleUnknown(cause);
  }

  /** These go out another time, in another batch. */
  handBack(entries: readonly Entry[]): void {
    for (const entry of entries) {
      entry.holder = null;
      this.handedBack.add(entry);
    }
  }

  /** Records that are not handed back: nobody needs them any more. */
  finished(): Entry[] {
    return this.handedBack.size === 0
      ? [...this.entries]
      : this.entries.filter((entry) => !this.handedBack.has(entry));
  }
}
