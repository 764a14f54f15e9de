import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.js';
import type { CheckJob } from './check-process.js';

const MOST_STRIKES = 2;
export const REST_MS = 3_600_000;
/** A strike that nothing followed is forgotten. */
const FORGOTTEN_MS = 24 * 3_600_000;
const MOST_KEPT = 10_000;

export interface Resting {
  id: string;
  name: string;
  /** How the child ended. */
  words: string;
  /** Milliseconds since the Unix epoch. */
  until: number;
}

interface Entry extends Resting {
  fingerprint: string;
  strikes: number;
  struckAt: number;
}

type Who = Pick<CheckJob, 'monitor' | 'config'>;

/**
 * Which monitors ended a child in which they were alone. With a strike a monitor is checked alone; with two it rests for an
 * hour. A check that the child survives, or an edit of the config, clears it.
 */
export class Strikes {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  /** Null: it does not rest. */
  restOf(who: Who): Resting | null {
    const entry = this.entryOf(who);
    return entry && entry.until > this.clock.now() ? entry : null;
  }

  isSuspect(who: Who): boolean {
    return this.entryOf(who) !== null;
  }

  /** It was in a child that was lost, and has not been checked alone yet: it is next time. */
  suspect(who: Who): void {
    if (!this.entryOf(who)) this.keep(who, 'was lost', 0);
  }

  /** The rest that begins with it; null when it is the first one. */
  strike(who: Who, words: string): Resting | null {
    const entry = this.keep(who, words, (this.entryOf(who)?.strikes ?? 0) + 1);
    return entry.until > 0 ? entry : null;
  }

  clear({ monitor }: Who): void {
    this.entries.delete(monitor.id);
  }

  resting(): Resting[] {
    const now = this.clock.now();
    return [...this.entries.values()].filter(({ until }) => until > now);
  }

  private keep(who: Who, words: string, strikes: number): Entry {
    const { id, name } = who.monitor;
    const now = this.clock.now();
    const until = strikes >= MOST_STRIKES ? now + REST_MS : 0;
    const entry = { id, name, words, until, strikes, struckAt: now, fingerprint: fingerprintOf(who) };
    this.entries.delete(id);
    if (this.entries.size >= MOST_KEPT) this.entries.delete(this.entries.keys().next().value!);
    this.entries.set(id, entry);
    return entry;
  }

  private entryOf(who: Who): Entry | null {
    const entry = this.entries.get(who.monitor.id);
    if (!entry) return null;
    const isOld = entry.struckAt + FORGOTTEN_MS <= this.clock.now();
    if (!isOld && entry.fingerprint === fingerprintOf(who)) return entry;
    this.entries.delete(who.monitor.id);
    return null;
  }
}

/** Of what it asks; a hash, since configs hold secrets. */
function fingerprintOf({ config, monitor }: Who): string {
  return createHash('sha256')
    .update(JSON.stringify([monitor.type, config]))
    .digest('base64');
}
