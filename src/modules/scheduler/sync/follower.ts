import type { Logger } from 'pino';
import type { Clock } from '../../../core/clock.js';
import { FailureLog } from '../../../core/failure-log.js';
import type { MonitorEvent } from '../../../ports/monitor-events.port.js';
import { Chore } from './chore.js';
import type { MonitorSync } from './monitor-sync.js';

/** What changes within this time is read in one query, milliseconds. */
const GATHER_MS = 25;
/** Events after a gap come in first, and gaps often come in pairs, milliseconds. */
const AFTER_GAP_MS = 250;
const GROUP = 1000;
/** More changes than this are read as all monitors are. */
const MOST_PENDING = 100_000;

export interface FollowerParts {
  sync: Pick<MonitorSync, 'read' | 'deleted' | 'delta' | 'full'>;
  clock: Clock;
  logger: Logger;
  signal: AbortSignal;
}

/** Follows what events tell of monitors during one term. */
export class Follower {
  private readonly pending = new Set<string>();
  private readonly reading: Chore;
  private readonly gaps: Chore;

  constructor(private readonly parts: FollowerParts) {
    const { clock, logger, signal } = parts;
    const failures = new FailureLog(logger, 'Changes of monitors cannot be read', () => clock.monotonic());
    const onError = (error: unknown) => failures.failed((error as Error).message.replace(/\.$/, ''));
    const run = (work: () => Promise<void>) => async () => {
      await work();
      failures.succeeded();
    };
    const common = { onError, clock, signal };
    this.reading = new Chore({ ...common, delayMs: GATHER_MS, run: run(() => this.readPending()) });
    this.gaps = new Chore({ ...common, delayMs: AFTER_GAP_MS, run: run(() => this.readAll()) });
  }

  onEvent(event: MonitorEvent): void {
    if (event.type === 'monitor.deleted') {
      this.pending.delete(event.id);
      return this.parts.sync.deleted(event.id);
    }
    if (this.pending.size >= MOST_PENDING) return this.onGap();
    this.pending.add(event.monitor.id);
    this.reading.ring();
  }

  /** Something may have been missed: the newest changes first, since they are few. */
  onGap(): void {
    this.gaps.ring();
  }

  private async readPending(): Promise<void> {
    while (this.pending.size > 0 && !this.parts.signal.aborted) {
      const group = this.takeGroup();
      try {
        await this.parts.sync.read(group);
      } catch (error) {
        for (const id of group) this.pending.add(id);
        throw error;
      }
    }
  }

  private takeGroup(): string[] {
    const group: string[] = [];
    for (const id of this.pending) {
      if (group.length === GROUP) break;
      this.pending.delete(id);
      group.push(id);
    }
    return group;
  }

  private async readAll(): Promise<void> {
    await this.parts.sync.delta();
    await this.parts.sync.full();
  }
}
