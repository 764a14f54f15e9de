import type { Clock } from '../../../core/clock.js';
import { AppError } from '../../../core/errors.js';

interface Host {
  taken: number;
  waiting: Set<(isTurn: boolean) => void>;
}

export interface HostTurnsOptions {
  /** At once to one target. */
  perHost: number;
  /** The most that wait, of all targets: the places of others must stay free. */
  mostWaiting: number;
  clock: Clock;
}

/** Asks one target no more than so many times at once; who comes then waits in order, for a bounded time. */
export class HostTurns {
  private readonly hosts = new Map<string, Host>();
  private waiting = 0;

  constructor(private readonly options: HostTurnsOptions) {}

  /**
   * Answers how to give the turn back; null when it did not come within `waitMs`, or before `signal` aborted.
   * @throws AppError BUFFER_FULL when too many wait already
   */
  async take(target: string, waitMs: number, signal: AbortSignal): Promise<(() => void) | null> {
    const host = this.host(target);
    if (host.taken < this.options.perHost) host.taken += 1;
    else if (!(await this.wait(host, target, { waitMs, signal }))) return null;
    return () => this.giveBack(target, host);
  }

  private host(target: string): Host {
    let host = this.hosts.get(target);
    if (!host) this.hosts.set(target, (host = { taken: 0, waiting: new Set() }));
    return host;
  }

  private async wait(
    host: Host,
    target: string,
    { waitMs, signal }: { waitMs: number; signal: AbortSignal },
  ): Promise<boolean> {
    if (this.waiting >= this.options.mostWaiting)
      throw new AppError(
        'BUFFER_FULL',
        `Too many checks wait for their turn at ${target}: raise WORKER_PER_HOST (${this.options.perHost}).`,
      );
    this.waiting += 1;
    const over = new AbortController();
    const isTurn = await new Promise<boolean>((resolve) => {
      const end = () => {
        // At once: else a turn that is given back in this moment would be nobody's.
        host.waiting.delete(resolve);
        resolve(false);
      };
      host.waiting.add(resolve);
      signal.addEventListener('abort', end, { once: true, signal: over.signal });
      if (signal.aborted) end();
      void this.options.clock.sleep(waitMs, over.signal).then(end);
    });
    over.abort();
    this.waiting -= 1;
    return isTurn;
  }

  /** To the one that has waited longest, who keeps it taken. */
  private giveBack(target: string, host: Host): void {
    const [next] = host.waiting;
    if (next) {
      host.waiting.delete(next);
      return next(true);
    }
    host.taken -= 1;
    if (host.taken === 0) this.hosts.delete(target);
  }
}
