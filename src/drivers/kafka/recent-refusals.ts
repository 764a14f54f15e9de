import type { Clock } from '../../core/clock.js';
import type { AppError } from '../../core/errors.js';

const REMEMBER_MS = 1000;
const MOST = 1000;

/** Remembers for a second what was refused, so that a flood of unknown names asks Kafka once each; bounded in number. */
export class RecentRefusals {
  private readonly refusals = new Map<string, { error: AppError; until: number }>();

  constructor(private readonly clock: Clock) {}

  add(name: string, error: AppError): void {
    this.refusals.delete(name); // so that it moves to the end
    this.refusals.set(name, { error, until: this.clock.monotonic() + REMEMBER_MS });
    for (const oldest of this.refusals.keys()) {
      if (this.refusals.size <= MOST) break;
      this.refusals.delete(oldest);
    }
  }

  throwIfRecent(name: string): void {
    const found = this.refusals.get(name);
    if (!found) return;
    if (found.until > this.clock.monotonic()) throw found.error;
    this.refusals.delete(name);
  }
}
