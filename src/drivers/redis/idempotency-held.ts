import { randomUUID } from 'node:crypto';
import type { Claim, KeyRequest } from '../../ports/idempotency-store.port.js';

/** A key that this process has claimed, or is about to. */
export class HeldKey {
  /** Tells this claim from an earlier one of the same key whose fate is not known. */
  readonly token = randomUUID();
  private asked: Promise<unknown> = Promise.resolve();
  private write: (() => Promise<unknown>) | undefined;
  private told: Claim = { state: 'in-progress' };

  constructor(readonly request: KeyRequest) {}

  /** Whatever comes after waits for `question`, an outcome of which is none of its business. */
  askedBy(question: Promise<unknown>): void {
    this.asked = question.catch(() => undefined);
  }

  /** Resolves, never rejects, when Redis has been asked about the key. */
  get lookedUp(): Promise<unknown> {
    return this.asked;
  }

  claimAgain(fingerprint: string): Claim {
    return fingerprint === this.request.fingerprint ? this.told : { state: 'mismatch' };
  }

  get isOver(): boolean {
    return this.write !== undefined;
  }

  /** The claim is over: what others of this process are told from now on, and how Redis gets to know it. */
  conclude(told: Claim, write: () => Promise<unknown>): void {
    this.told = told;
    this.write = write;
  }

  /** Tells Redis; may be done again where it failed. */
  async tellRedis(): Promise<void> {
    await this.asked;
    await this.write?.();
  }
}

/** The keys that this process holds, by name. */
export class HeldKeys {
  private readonly keys = new Map<string, HeldKey>();

  get(key: string): HeldKey | undefined {
    return this.keys.get(key);
  }

  hold(request: KeyRequest): HeldKey {
    const held = new HeldKey(request);
    this.keys.set(request.key, held);
    return held;
  }

  drop(held: HeldKey): void {
    if (this.keys.get(held.request.key) === held) this.keys.delete(held.request.key);
  }

  /** Those of which no outcome is known yet. */
  inProgress(): HeldKey[] {
    return [...this.keys.values()].filter(({ isOver }) => !isOver);
  }

  /** Those that are over while Redis does not know it yet; what has expired meanwhile is dropped. */
  unwritten(now: number): HeldKey[] {
    const over = [...this.keys.values()].filter(({ isOver }) => isOver);
    for (const held of over) if (held.request.expiresAt <= now) this.drop(held);
    return over.filter(({ request }) => request.expiresAt > now);
  }
}
