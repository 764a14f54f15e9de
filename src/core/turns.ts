/** So many at a time; the others wait in the order in which they came. Who waits is bounded by who asks. */
export class Turns {
  private taken = 0;
  private closedBy: Error | null = null;
  private readonly waiting: { begin: () => void; refuse: (error: Error) => void }[] = [];

  constructor(private readonly most: number) {}

  /** Runs `work` when its turn comes. @throws what `work` throws, or the error of `close` */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.turn();
    try {
      return await work();
    } finally {
      this.taken -= 1;
      this.waiting.shift()?.begin();
    }
  }

  /** Whoever waits, or comes later, gets `error`; what has begun goes on. */
  close(error: Error): void {
    this.closedBy = error;
    for (const { refuse } of this.waiting.splice(0)) refuse(error);
  }

  private turn(): Promise<void> {
    if (this.closedBy) return Promise.reject(this.closedBy);
    if (this.taken < this.most) {
      this.taken += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const begin = () => {
        this.taken += 1;
        resolve();
      };
      this.waiting.push({ begin, refuse: reject });
    });
  }
}
