/** The bound of what is in memory. What is larger than all of it goes in alone. */
export class ByteBudget {
  private taken = 0;

  constructor(private readonly limit: number) {}

  get used(): number {
    return this.taken;
  }

  take(bytes: number): boolean {
    if (this.taken > 0 && this.taken + bytes > this.limit) return false;
    this.taken += bytes;
    return true;
  }

  give(bytes: number): void {
    this.taken -= bytes;
  }
}
