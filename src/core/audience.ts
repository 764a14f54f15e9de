/** Who is told of something, each in turn. One that throws harms nobody: the others are told all the same. */
export class Audience<L> {
  private readonly members = new Set<{ listener: L }>();

  constructor(
    /** Told of what a listener threw. */
    private readonly onError: (error: unknown) => void,
  ) {}

  get size(): number {
    return this.members.size;
  }

  /** Answers how to leave; leaving twice does no harm. `greet` is said to it alone, soon, unless it left by then. */
  join(listener: L, greet?: (listener: L) => void): () => void {
    const member = { listener };
    this.members.add(member);
    if (greet) queueMicrotask(() => this.tellOne(member, greet));
    return () => void this.members.delete(member);
  }

  /** Who leaves meanwhile is not told any more, who joins meanwhile not yet. */
  tell(say: (listener: L) => void): void {
    for (const member of [...this.members]) this.tellOne(member, say);
  }

  clear(): void {
    this.members.clear();
  }

  private tellOne(member: { listener: L }, say: (listener: L) => void): void {
    if (!this.members.has(member)) return;
    try {
      say(member.listener);
    } catch (error) {
      this.onError(error);
    }
  }
}
