import { Inject, Injectable } from '@nestjs/common';
import type { AppConfig } from '../../../config/app-config.js';
import { AppError } from '../../../core/errors.js';
import { MonitorStore } from '../../../ports/monitor-store.port.js';
import { CONFIG } from '../../../process/tokens.js';

/** How long a count is believed, milliseconds. */
const FRESH_MS = 10_000;

/**
 * MONITORS_MAX. All are counted every 10 s at most, and once more before one is refused; meanwhile this process counts
 * what it adds and what it is about to add, so that only the others may go over it, by what they add in 10 s.
 */
@Injectable()
export class Room {
  private known = 0;
  private countedAt = -Infinity;
  /** Taken, and neither created nor given up yet: no count need have them. */
  private reserved = 0;
  /** Created so far; a count that is under way may have missed the last of them. */
  private created = 0;

  constructor(
    private readonly store: MonitorStore,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'scheduler'>,
  ) {}

  /** How many of `wanted` may be created; they count until `settle` says what became of them. */
  async take(wanted: number): Promise<number> {
    if (performance.now() - this.countedAt > FRESH_MS) await this.count();
    if (this.known + this.reserved + wanted > this.most) await this.count();
    const taken = Math.max(0, Math.min(wanted, this.most - this.known - this.reserved));
    this.reserved += taken;
    return taken;
  }

  /** Of `taken` ones so many were created. */
  settle(taken: number, created: number): void {
    this.reserved -= taken;
    this.created += created;
    this.known += created;
  }

  deleted(): void {
    this.known -= 1;
  }

  full(): AppError {
    const text = `There are ${this.most} monitors, as many as MONITORS_MAX allows: raise it, or delete some.`;
    return new AppError('MONITORS_FULL', text);
  }

  private get most(): number {
    return this.config.scheduler.maxMonitors;
  }

  private async count(): Promise<void> {
    const before = this.created;
    const counted = await this.store.count({});
    this.known = counted + this.created - before;
    this.countedAt = performance.now();
  }
}
