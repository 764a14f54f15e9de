interface Names {
  answered: Set<string>;
  failed: Set<string>;
}

const WINDOW_MS = 30_000;
const MOST_NAMES = 10_000;

/**
 * Whether it is the observer's resolver that is dead, or the name servers of one target: in both cases a name gets no
 * answer. It is alive while others of the last minute are answered, three for each one that fails.
 */
export class ResolverPulse {
  private now: Names = { answered: new Set(), failed: new Set() };
  private before: Names = { answered: new Set(), failed: new Set() };
  private turnedAt = 0;
  private isRootSilent = false;

  /** `at`: monotonic, milliseconds. An answer is also that a name does not exist. */
  note(name: string, isAnswered: boolean, at: number): void {
    this.turn(at);
    if (isAnswered) this.isRootSilent = false;
    const [to, from] = isAnswered
      ? [this.now.answered, this.now.failed]
      : [this.now.failed, this.now.answered];
    from.delete(name);
    (isAnswered ? this.before.failed : this.before.answered).delete(name);
    if (to.size < MOST_NAMES) to.add(name);
  }

  /** Whether the resolver answered for a name that must exist; if not, it is dead until it answers anything. */
  noteRoot(isAnswered: boolean, at: number): void {
    this.note('.', isAnswered, at);
    this.isRootSilent = !isAnswered;
  }

  /** `unknown`: one failure or none, and no answer. */
  state(at: number): 'alive' | 'dead' | 'unknown' {
    this.turn(at);
    const [answered, failed] = [this.count('answered'), this.count('failed')];
    if (this.isRootSilent || failed > Math.max(1, answered / 3)) return 'dead';
    return answered > 0 ? 'alive' : 'unknown';
  }

  private count(kind: keyof Names): number {
    return Math.max(this.now[kind].size, this.before[kind].size);
  }

  private turn(at: number): void {
    if (at - this.turnedAt < WINDOW_MS) return;
    const isRecent = at - this.turnedAt < 2 * WINDOW_MS;
    const empty = () => ({ answered: new Set<string>(), failed: new Set<string>() });
    this.before = isRecent ? this.now : empty();
    this.now = empty();
    this.turnedAt = at;
  }
}
