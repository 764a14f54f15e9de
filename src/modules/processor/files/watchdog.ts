/** Tells when work has had no answer for too long, again after each such time, and when all of it has one after all. */
export class Watchdog {
  private late = 0;

  constructor(
    private readonly onLate: (ms: number) => void,
    private readonly onAnswered: () => void,
  ) {}

  /** `work` also acts on its answer: what comes of that is there before the silence is over. */
  async watch(work: Promise<unknown>, ms: number): Promise<void> {
    let isLate = false;
    const timer = setInterval(() => {
      if (!isLate) this.late += 1;
      isLate = true;
      this.onLate(ms);
    }, ms).unref();
    try {
      await work;
    } finally {
      clearInterval(timer);
      if (isLate && (this.late -= 1) === 0) this.onAnswered();
    }
  }
}
