/** Wakes who waits; a ring while nobody waits is not lost to who took `next` before it. */
export class Bell {
  private rings: (() => void) | undefined;
  private promise: Promise<void> | undefined;

  next(): Promise<void> {
    this.promise ??= new Promise((resolve) => {
      this.rings = resolve;
    });
    return this.promise;
  }

  ring(): void {
    this.rings?.();
    this.promise = undefined;
  }
}
