/** Bytes that may be held at once, over all that share it. */
export class ByteBudget {
  private held = 0;

  constructor(private readonly most: number) {}

  get used(): number {
    return this.held;
  }

  /** False when that would be too much; what comes first is taken whatever its size, so that nothing waits for ever. */
  take(bytes: number): boolean {
    if (this.held > 0 && this.held + bytes > this.most) return false;
    this.held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.held -= bytes;
  }
}
