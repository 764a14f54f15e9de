import { isIP } from 'node:net';
import type { CheckOutcome } from '../../../checks/define-check.js';
import { observerTrouble } from '../../../checks/outcome-of-error.js';
import { systemClock, type Clock } from '../../../core/clock.js';
import { AppError } from '../../../core/errors.js';
import { LoopWatch } from '../../../core/loop-watch.js';

/** What of this process can be ill. */
export const ILLNESSES = ['event-loop', 'dns', 'sockets'] as const;
export type Illness = (typeof ILLNESSES)[number];

/** So long after its last sign it is taken as healed, milliseconds. */
const ILL_MS = 30_000;
/** So many hosts in a row with none between that answered: fewer may have a DNS of their own, or no address for us. */
const HOSTS = 3;
const MOST_HOSTS = 100;
/** Once is no illness. */
const DELAYS = 5;

const WORDS: Readonly<Record<Illness, string>> = {
  'event-loop': 'It is held up again and again: lower WORKER_CONCURRENCY, or give it more CPU.',
  dns: 'Its DNS does not answer: see its resolvers (/etc/resolv.conf).',
  sockets: 'It has no sockets left: raise its limit of open files, or lower WORKER_CONCURRENCY.',
};

/** How a check ended, as its observer sees it. */
export interface Seen {
  /** As the definition's `target` names it; null where there is none. */
  target: string | null;
  outcome: CheckOutcome;
  /** What it threw; undefined when it threw nothing. */
  error: unknown;
  /** Its time ran out: nothing was heard of the target. */
  isLate: boolean;
  /** When it began, monotonic milliseconds. */
  since: number;
}

/**
 * Whether this process can tell how targets are. While it is ill, a target of which nothing was heard is `unknown`, not
 * down: nobody is to be woken because the observer was held up, has no DNS or no sockets.
 */
export class Observer {
  /** Target → when it showed last, monotonic milliseconds. */
  private readonly signs = { dns: new Map<string, number>(), sockets: new Map<string, number>() };
  private readonly loop: LoopWatch;

  constructor(
    lateMs: number,
    private readonly clock: Clock = systemClock,
  ) {
    this.loop = new LoopWatch(lateMs, clock);
  }

  /** A check is under way, until what this answers is called. */
  watch(): () => void {
    return this.loop.watch();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  /** What of the outcome is to be believed. */
  believed(seen: Seen): CheckOutcome {
    this.learn(seen);
    const { outcome, target, isLate, since } = seen;
    if (outcome.found !== 'down') return outcome;
    const heldUp = this.loop.longestSince(since);
    if (heldUp > 0) return unknown(`this process was held up for ${Math.round(heldUp)} ms`, outcome);
    if (!isLate || target === null) return outcome;
    if (this.isIll('sockets')) return unknown('this process has no sockets left', outcome);
    if (this.isIll('dns') && !isLiteral(target))
      return unknown('the DNS of this process does not answer', outcome);
    return outcome;
  }

  isIll(illness: Illness): boolean {
    const now = this.clock.monotonic();
    if (illness === 'event-loop') return this.loop.countSince(now - ILL_MS) >= DELAYS;
    return fresh(this.signs[illness], now) >= HOSTS;
  }

  /** Null when nothing is wrong. */
  get trouble(): AppError | null {
    const illness = ILLNESSES.find((name) => this.isIll(name));
    if (illness === undefined) return null;
    return new AppError(
      'OBSERVER_ILL',
      `This worker cannot tell what is down: such results are unknown. ${WORDS[illness]}`,
    );
  }

  private learn({ target, error, isLate }: Seen): void {
    if (target === null) return;
    const trouble = error === undefined ? null : observerTrouble(error);
    if (trouble === 'dns' || trouble === 'sockets') return this.note(this.signs[trouble], target);
    if (trouble !== null || isLate) return;
    // It was heard of: there are sockets, and a DNS if it needs one.
    this.signs.sockets.clear();
    if (!isLiteral(target)) this.signs.dns.clear();
  }

  private note(hosts: Map<string, number>, target: string): void {
    hosts.delete(target);
    hosts.set(target, this.clock.monotonic());
    if (hosts.size > MOST_HOSTS) hosts.delete(hosts.keys().next().value!);
  }
}

function unknown(why: string, { message }: CheckOutcome): CheckOutcome {
  return { found: 'unknown', message: `Not known, since ${why}; it found: ${message}`, latencyMs: null };
}

/** `192.0.2.1:80`, `[2001:db8::1]:80`: no DNS has a part in it. */
function isLiteral(target: string): boolean {
  return isIP(target.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')) !== 0;
}

/** Forgets what is old. */
function fresh(hosts: Map<string, number>, now: number): number {
  for (const [host, at] of hosts) if (now - at > ILL_MS) hosts.delete(host);
  return hosts.size;
}
