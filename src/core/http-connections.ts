import type { Dispatcher } from 'undici';

/** Told when its turn has come. */
export type Turn = (connection: Dispatcher) => void;

/**
 * The connections of one origin, each carrying one request at a time: at most so many, opened as they are needed, the
 * one used last taken first so that the others can end. Who finds none free waits for a turn, in order, and only so
 * many do. Undici's own Pool opens a new connection for each request that is given up, and more than it needs.
 */
export class HttpConnections {
  private readonly all = new Set<Dispatcher>();
  private readonly free: Dispatcher[] = [];
  private readonly waiting = new Set<Turn>();

  constructor(
    /** Opens nothing yet: the first request on it does. */
    private readonly create: () => Dispatcher,
    private readonly most: number,
    private readonly mostWaiting: number,
  ) {}

  get isIdle(): boolean {
    return this.free.length === this.all.size;
  }

  /** Calls `turn` now or later, once; false when too many wait. */
  enter(turn: Turn): boolean {
    const connection = this.waiting.size > 0 ? undefined : this.take();
    if (connection) turn(connection);
    else if (this.waiting.size < this.mostWaiting) this.waiting.add(turn);
    else return false;
    return true;
  }

  /** Waits no more; nothing when its turn has come. */
  cancel(turn: Turn): void {
    this.waiting.delete(turn);
  }

  /** The request is over; `broken` when something of it may still come on that connection. */
  leave(connection: Dispatcher, broken: boolean): void {
    if (broken) {
      this.all.delete(connection);
      void connection.destroy();
    }
    // Undici tells of the end in the midst of its work, and stumbles over a new request there.
    queueMicrotask(() => {
      if (!broken) this.free.push(connection);
      this.handOn();
    });
  }

  /** Breaks off what is under way. */
  async destroy(): Promise<void> {
    await Promise.all([...this.all].map((connection) => connection.destroy()));
  }

  private handOn(): void {
    const [next] = this.waiting;
    const connection = next && this.take();
    if (!connection) return;
    this.waiting.delete(next);
    next(connection);
  }

  private take(): Dispatcher | undefined {
    const free = this.free.pop();
    if (free || this.all.size >= this.most) return free;
    const connection = this.create();
    this.all.add(connection);
    return connection;
  }
}
