/**
 * Deletions that a reading under way may not know of: what it brings of those monitors is from before. Kept only while
 * something is being read.
 */
export class Tombstones {
  private readonly deletedAt = new Map<string, number>();
  private deletions = 0;
  private readings = 0;

  add(id: string): void {
    this.deletions += 1;
    if (this.readings > 0) this.deletedAt.set(id, this.deletions);
  }

  /** Reads, and hands over the rows that nobody deleted since it began. */
  async guard<T extends { id: string }>(read: () => Promise<T[]>, take: (rows: T[]) => void): Promise<void> {
    const begun = this.deletions;
    this.readings += 1;
    try {
      const rows = await read();
      take(rows.filter(({ id }) => (this.deletedAt.get(id) ?? 0) <= begun));
    } finally {
      this.readings -= 1;
      if (this.readings === 0) this.deletedAt.clear();
    }
  }
}
