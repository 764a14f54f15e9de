/** How long to wait for a turn, and the error of who waited in vain. */
export interface Patience {
  ms: number;
  late: () => Error;
}

/** So many at a time; the others wait in the order in which they came. Who waits is bounded by who asks. */
export class Turns {
  private taken = 0;
  private closedBy: Error | null = null;
  private readonly waiting: { begin: () => void; refuse: (error: Error) => void }[] = [];

  constructor(private readonly most: number) {}

  /** Runs `work` when its turn comes. @throws what `work` throws, or the error of `close` or of `patience` */
  async run<T>(work: () => Promise<T>, patience?: Patience): Promise<T> {
    await this.turn(patience);
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

  private turn(patience?: Patience): Promise<void> {
    if (this.closedBy) return Promise.reject(this.closedBy);
    if (this.taken < this.most) {
      this.taken += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const giveUp = (late: () => Error) => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        reject(late());
      };
      const timer = patience && setTimeout(giveUp, patience.ms, patience.late);
      const begin = () => {
        clearTimeout(timer);
        this.taken += 1;
        resolve();
      };
      const refuse = (error: Error) => {
        clearTimeout(timer);
        reject(error);
      };
      const waiter = { begin, refuse };
      this.waiting.push(waiter);
    });
  }
}
