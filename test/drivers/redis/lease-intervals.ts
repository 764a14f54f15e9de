import { setImmediate as turn } from 'node:timers/promises';
import type { LeaderLease } from '../../../src/ports/leader-lease.port.js';

/** A term as its holder believed in it, by the clock of this machine, milliseconds. */
export interface Interval {
  holder: string;
  number: number;
  from: number;
  /** Until when it was held, or would have been had it not been given up. */
  to: number;
}

/** Asks candidates all the time what they believe, and until when. */
export class Watch {
  readonly intervals: Interval[] = [];
  private isOver = false;
  private readonly ended: Promise<void>;

  constructor(private readonly leases: readonly LeaderLease[]) {
    this.ended = this.run();
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.ended;
  }

  private async run(): Promise<void> {
    for (let round = 0; !this.isOver; round += 1) {
      for (const lease of this.leases) this.look(lease);
      await turn();
    }
  }

  private look({ term, holder }: LeaderLease): void {
    if (!term) return;
    const now = performance.now();
    const known = this.intervals.find((one) => one.holder === holder && one.number === term.number);
    const to = now + Math.max(0, term.leftMs);
    if (known) known.to = Math.max(known.to, to);
    else this.intervals.push({ holder, number: term.number, from: now, to });
    // What is given up before its time is over then.
    if (!known) term.lost.addEventListener('abort', () => this.cut(holder, term.number), { once: true });
  }

  private cut(holder: string, number: number): void {
    const known = this.intervals.find((one) => one.holder === holder && one.number === number)!;
    known.to = Math.min(known.to, performance.now());
  }
}

/** Pairs of terms that were held at the same time, and neighbours whose numbers do not rise; none is right. */
export function faults(intervals: readonly Interval[]): [Interval, Interval][] {
  const sorted = [...intervals].sort((a, b) => a.from - b.from);
  return sorted.flatMap((one, i): [Interval, Interval][] => {
    const after = sorted[i + 1];
    return after && (after.from < one.to || after.number <= one.number) ? [[one, after]] : [];
  });
}
