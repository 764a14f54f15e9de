import type { Claim, KeyRequest } from '../../ports/idempotency-store.port.js';

/** A key that this process has claimed, or is about to. */
export class HeldKey {
  /** Resolves, never rejects, when the file has been asked about the key. */
  readonly lookedUp: Promise<unknown>;
  private write: (() => Promise<unknown>) | undefined;
  private told: Claim = { state: 'in-progress' };

  constructor(
    readonly request: KeyRequest,
    lookUp: Promise<unknown>,
  ) {
    this.lookedUp = lookUp.catch(() => undefined);
  }

  claimAgain(fingerprint: string): Claim {
    return fingerprint === this.request.fingerprint ? this.told : { state: 'mismatch' };
  }

  get isOver(): boolean {
    return this.write !== undefined;
  }

  /** The claim is over: what others are told from now on, and how the file gets to know it. */
  conclude(told: Claim, write: () => Promise<unknown>): void {
    this.told = told;
    this.write = write;
  }

  /** Tells the file; may be done again where it failed. */
  async tellFile(): Promise<void> {
    await this.write?.();
  }
}

/** The keys that this process holds, by name. */
export class HeldKeys {
  private readonly keys = new Map<string, HeldKey>();
  private notInFile = 0;

  /** How many of them have no row in the file. */
  get inMemory(): number {
    return this.notInFile;
  }

  get(key: string): HeldKey | undefined {
    return this.keys.get(key);
  }

  hold(request: KeyRequest, lookUp: Promise<unknown>): HeldKey {
    const held = new HeldKey(request, lookUp);
    this.keys.set(request.key, held);
    if (!request.durable) this.notInFile += 1;
    return held;
  }

  drop(held: HeldKey): void {
    const { key, durable } = held.request;
    if (this.keys.get(key) !== held) return;
    this.keys.delete(key);
    if (!durable) this.notInFile -= 1;
  }

  /** Those that are over while the file does not know it yet; what has expired meanwhile is dropped. */
  unwritten(now: number): HeldKey[] {
    const over = [...this.keys.values()].filter(({ isOver }) => isOver);
    for (const held of over) if (held.request.expiresAt <= now) this.drop(held);
    return over.filter(({ request }) => request.expiresAt > now);
  }
}
