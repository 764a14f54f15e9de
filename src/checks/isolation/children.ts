import {
  CheckProcess,
  type CheckJob,
  type Loss,
  type LostProcess,
  type ProcessOptions,
} from './check-process.js';
import { LOOK_MS } from './pulse.js';

export interface ChildrenOptions extends ProcessOptions {
  /** The most children that run checks side by side. */
  processes: number;
  onLost?: (cause: Loss['cause']) => void;
}

/** Another child is started only when each has so many checks under way. */
const FULL = 20;
const IDLE_MS = { shared: 300_000, alone: 10_000 };
/** After a child that could not be started. */
const START_AGAIN_MS = 5_000;

/** The child processes: started when they are needed, looked after while they live, ended when they are idle. */
export class Children {
  private readonly shared = new Set<CheckProcess>();
  private readonly alone = new Set<CheckProcess>();
  private readonly idleTimers = new Map<CheckProcess, NodeJS.Timeout>();
  private watch: NodeJS.Timeout | undefined;
  private failure: { words: string; until: number } | null = null;
  private isStopped = false;

  constructor(private readonly options: ChildrenOptions) {}

  /** Children that run now. */
  get size(): number {
    return this.shared.size + this.alone.size;
  }

  get isFailing(): boolean {
    return this.failure !== null && this.failure.until > performance.now();
  }

  failureWords(): string {
    const words = this.isStopped ? 'this process stops' : (this.failure?.words ?? 'none could be started');
    return `Not known: checks of this type run in child processes, and ${words}.`;
  }

  /** Ends all children; checks that are under way are lost. */
  async stop(): Promise<void> {
    this.isStopped = true;
    for (const timer of this.idleTimers.values()) clearTimeout(timer);
    await Promise.all(this.all().map((child) => child.stop()));
    this.endWatch();
  }

  begin(child: CheckProcess, job: CheckJob): ReturnType<CheckProcess['check']> {
    clearTimeout(this.idleTimers.get(child));
    const running = child.check(job);
    void running.over.then(() => this.endIdle(child));
    return running;
  }

  /** The one with the least to do; null when none can be started. */
  openShared(): CheckProcess | null {
    const [best] = [...this.shared].filter((child) => child.isOpen).sort((a, b) => a.load - b.load);
    const mayStart = this.shared.size < this.options.processes || best === undefined;
    if (best && (best.load < FULL || !mayStart)) return best;
    return this.start(this.shared, IDLE_MS.shared) ?? best ?? null;
  }

  /** One that runs no check; null when none can be started. */
  openAlone(): CheckProcess | null {
    const idle = [...this.alone].find((child) => child.isOpen && child.load === 0);
    return idle ?? this.start(this.alone, IDLE_MS.alone);
  }

  private start(children: Set<CheckProcess>, idleMs: number): CheckProcess | null {
    if (this.isStopped || this.isFailing) return null;
    try {
      const child = new CheckProcess(this.options);
      children.add(child);
      if (!this.watch) this.beginWatch();
      void child.over.then((lost) => {
        children.delete(child);
        clearTimeout(this.idleTimers.get(child));
        this.idleTimers.delete(child);
        if (lost && !this.isStopped) this.tellLoss(lost, idleMs === IDLE_MS.alone);
      });
      return child;
    } catch (error) {
      this.fail((error as Error).message);
      return null;
    }
  }

  /** A child that nobody needs ends, at once when it has grown too large. */
  private endIdle(child: CheckProcess): void {
    const children = this.shared.has(child) ? this.shared : this.alone;
    if (child.load > 0 || this.isStopped || !children.has(child)) return;
    const idleMs = children === this.shared ? IDLE_MS.shared : IDLE_MS.alone;
    const timer = setTimeout(() => void child.stop(), child.isOpen ? idleMs : 0);
    clearTimeout(this.idleTimers.get(child));
    this.idleTimers.set(child, timer.unref());
  }

  private beginWatch(): void {
    this.watch = setInterval(() => this.look(), LOOK_MS);
    process.on('exit', this.killAll);
  }

  private endWatch(): void {
    clearInterval(this.watch);
    process.off('exit', this.killAll);
    this.watch = undefined;
  }

  private look(): void {
    for (const child of this.all()) child.look();
    if (this.size === 0) this.endWatch();
  }

  private readonly killAll = (): void => {
    for (const child of this.all()) child.kill();
  };

  private all(): CheckProcess[] {
    return [...this.shared, ...this.alone];
  }

  private tellLoss({ loss, checks }: LostProcess, wasAlone: boolean): void {
    this.options.onLost?.(loss.cause);
    if (loss.cause === 'start') return this.fail(`a child process ${loss.words}`);
    if (wasAlone || checks === 0) return;
    const again =
      checks === 1 ? 'The check in it runs again, alone' : `The ${checks} checks in it run again, each alone`;
    this.options.logger.warn({ cause: loss.cause }, `A check process was lost: it ${loss.words}. ${again}.`);
  }

  private fail(words: string): void {
    if (!this.isFailing) this.options.logger.error(`Check processes cannot be started: ${words}.`);
    this.failure = { words, until: performance.now() + START_AGAIN_MS };
  }
}
