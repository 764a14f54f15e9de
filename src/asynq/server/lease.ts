import { randomInt } from 'node:crypto';

/** Tokens are from 1 to this less 1: 21 bits beside the 31 of a Unix time fit a double, which scores are. */
const TOKENS = 2 ** 21;

/** The right to finish the tasks of one dequeue, as scripts/dequeue.lua writes it. */
export interface Lease {
  /** Tells it from other workers' leases. */
  readonly token: number;
  /** From then on it is over for us, by the monotonic clock: counted from before the command was sent. */
  readonly end: number;
}

/** Hands out tokens: in a row from a random one, so that a server does not use one again while it is remembered. */
export class Tokens {
  private last = randomInt(1, TOKENS);

  next(): number {
    this.last = (this.last % (TOKENS - 1)) + 1;
    return this.last;
  }
}
