import type { LeaderView } from '../../ports/leader-lease.port.js';

/** Who wants to lead; told when its turn has come. */
export interface Candidate {
  onSeat(term: number): void;
}

const NOBODY: LeaderView = { holder: null, term: null, since: null, leftMs: null };
const seats = new Map<string, LeaderSeat>();

/** The one place of leadership of a folder: those of this process that want it have it one after the other. */
export class LeaderSeat {
  private taken: Candidate | null = null;
  private shown: LeaderView = NOBODY;
  private readonly waiting: Candidate[] = [];

  private constructor(private lastTerm: number) {}

  /** Of the folder that is `place`; `lastTerm` is the number of the last term of earlier processes there. */
  static at(place: string, lastTerm: number): LeaderSeat {
    const seat = seats.get(place) ?? new LeaderSeat(lastTerm);
    seats.set(place, seat);
    return seat;
  }

  get view(): LeaderView {
    return this.shown;
  }

  sit(candidate: Candidate): void {
    this.waiting.push(candidate);
    this.call();
  }

  lead(view: LeaderView): void {
    this.shown = view;
  }

  /** Whether it sits, waits, or neither. */
  leave(candidate: Candidate): void {
    const turn = this.waiting.indexOf(candidate);
    if (turn >= 0) this.waiting.splice(turn, 1);
    if (this.taken !== candidate) return;
    this.taken = null;
    this.shown = NOBODY;
    this.call();
  }

  private call(): void {
    if (this.taken) return;
    this.taken = this.waiting.shift() ?? null;
    if (!this.taken) return;
    // No more of them than there were candidates, each of which wrote a higher number when it was opened.
    this.lastTerm += 1;
    this.taken.onSeat(this.lastTerm);
  }
}
