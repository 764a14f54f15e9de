import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../../support/failover/random.js';
import { seedOf } from '../settings.js';
import type { TargetService } from '../support/target-service.js';

/** What the rounds of an attack get. */
export interface AttackContext {
  service: TargetService;
  url: URL;
  random: Random;
  /** Aborted when the attacks end. */
  over: AbortSignal;
  /** Counts the status of an answer; 0: the connection ended without one. */
  count: (status: number) => void;
}

export interface Attack {
  /** For FAULTS_ATTACKS and reports. */
  name: string;
  /** The statuses that are right, besides 0; empty when the attack reads no answers. */
  answers: readonly number[];
  /** Runs once, before the first round. */
  prepare?: (service: TargetService) => Promise<void> | void;
  /** Repeated without a pause until `over`; takes a few seconds at most. */
  round: (context: AttackContext) => Promise<void>;
}

export interface Report {
  name: string;
  rounds: number;
  /** How many answers had each status. */
  answered: Map<number, number>;
  /** Statuses that are not in `answers`. */
  wrong: number[];
  /** The attack expects answers, and no answer was a right one. */
  isUnanswered: boolean;
}

/** Runs the attacks at the same time for `ms`. `phase` makes the random choices different from those of another phase. */
export async function runAttacks(
  attacks: readonly Attack[],
  service: TargetService,
  { ms, phase }: { ms: number; phase: string },
): Promise<Report[]> {
  const over = AbortSignal.timeout(ms);
  setMaxListeners(0, over);
  const running = attacks.map((attack) => {
    const random = new Random(seedOf(`${phase} ${attack.name}`));
    return runAttack(attack, { service, url: new URL(service.running.url), random, over });
  });
  // All have ended before the first failure is thrown.
  await Promise.allSettled(running);
  return Promise.all(running);
}

async function runAttack(attack: Attack, common: Omit<AttackContext, 'count'>): Promise<Report> {
  const { name, answers, round } = attack;
  const answered = new Map<number, number>();
  const count = (status: number) => void answered.set(status, (answered.get(status) ?? 0) + 1);
  let rounds = 0;
  for (; !common.over.aborted && common.service.isAlive; rounds++) await round({ ...common, count });
  const wrong = [...answered.keys()].filter((status) => status !== 0 && !answers.includes(status));
  const isUnanswered = answers.length > 0 && !answers.some((status) => answered.has(status));
  return { name, rounds, answered, wrong, isUnanswered };
}

/** A pause, which the end of the attacks cuts short. */
export async function pause(ms: number, over: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: over }).catch(() => undefined);
}
