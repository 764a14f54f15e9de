import { setTimeout as delay } from 'node:timers/promises';
import type { Fleet, Member } from './fleet.js';
import type { Random } from './random.js';

export interface Misfortune {
  fleet: Fleet;
  random: Random;
  leaseMs: number;
  /** What was done, in order. */
  done: string[];
}

type Deed = (member: Member, context: Misfortune) => Promise<void>;

/** What may befall a leader; each puts it right again in the end. */
const DEEDS: Record<string, Deed> = {
  'killed -9': async (member, { fleet, random }) => {
    member.service.child.kill('SIGKILL');
    await member.service.exited;
    await delay(random.between(0, 2000));
    await fleet.restart(member);
  },
  stopped: async (member, { fleet }) => {
    member.service.child.kill('SIGTERM');
    const code = await member.service.exited;
    if (code !== 0) throw new Error(`a leader that was stopped ended with ${code}`);
    await fleet.restart(member);
  },
  'paused for longer than its lease': async (member, context) => {
    member.service.child.kill('SIGSTOP');
    await delay(longer(context));
    member.service.child.kill('SIGCONT');
  },
  'cut from Redis': async (member, context) => {
    await member.proxy.disable();
    await delay(longer(context));
    await member.proxy.enable();
  },
  'unheard by Redis': (member, context) => silence(member, context, 'upstream'),
  'deaf to Redis': (member, context) => silence(member, context, 'downstream'),
};

/** The connections stay open, and nothing comes through them any more in one direction. */
async function silence(
  member: Member,
  context: Misfortune,
  stream: 'upstream' | 'downstream',
): Promise<void> {
  await member.proxy.addToxic('silence', { type: 'timeout', stream, attributes: { timeout: 0 } });
  await delay(longer(context));
  await member.proxy.removeToxic('silence');
}

function longer({ random, leaseMs }: Misfortune): number {
  return random.between(leaseMs * 1.2, leaseMs * 3);
}

/**
 * Does one thing after the other to whoever leads, for so long. Up to all but one of the members are in trouble at a
 * time. Resolves when all are well again.
 */
export async function strike(context: Misfortune, forMs: number): Promise<void> {
  const { fleet, random } = context;
  const end = performance.now() + forMs;
  const troubles = new Set<Promise<void>>();
  const failures: unknown[] = [];
  while (performance.now() < end && failures.length === 0) {
    if (troubles.size >= fleet.members.length - 1) await Promise.race(troubles);
    const member = await fleet.leader();
    const trouble = befall(member, context)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => troubles.delete(trouble));
    troubles.add(trouble);
    await delay(random.between(500, 5000));
  }
  await Promise.all(troubles);
  if (failures.length > 0) throw failures[0];
}

async function befall(member: Member, context: Misfortune): Promise<void> {
  const { random, done } = context;
  const names = Object.keys(DEEDS);
  // Each comes before any comes again.
  const order = random.shuffled(names);
  const least = Math.min(...names.map((name) => count(done, name)));
  const name = order.find((each) => count(done, each) === least)!;
  done.push(name);
  member.isHurt = true;
  try {
    await DEEDS[name]!(member, context);
  } finally {
    member.isHurt = false;
  }
}

function count(names: readonly string[], name: string): number {
  return names.filter((each) => each === name).length;
}
