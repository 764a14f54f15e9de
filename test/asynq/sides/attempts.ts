import { eventually } from '../../support/eventually.js';
import type { AsynqGoEvent } from '../../support/servers/index.js';

export type Begin = Extract<AsynqGoEvent, { event: 'begin' }>;

/** What a worker's handler saw, in the order in which it did. */
export class Attempts {
  readonly begun: Begin[] = [];
  private readonly ends: { task: string; error: string }[] = [];

  add(event: AsynqGoEvent): void {
    if (event.event === 'begin') this.begun.push(event);
    else this.ends.push(event);
  }

  /** The task's nth attempt, once it has begun. */
  began(task: string, nth = 1, ms = 20_000): Promise<Begin> {
    return this.nth(this.begun, task, nth, ms, 'begun');
  }

  /** The error of the task's nth attempt, once it has ended; empty when it has none. */
  async ended(task: string, nth = 1, ms = 20_000): Promise<string> {
    return (await this.nth(this.ends, task, nth, ms, 'ended')).error;
  }

  private nth<T extends { task: string }>(
    of: T[],
    task: string,
    nth: number,
    ms: number,
    what: string,
  ): Promise<T> {
    return eventually(() => {
      const found = of.filter((event) => event.task === task)[nth - 1];
      if (!found) throw new Error(`attempt ${nth} of ${task} has not ${what}; begun: ${this.list()}`);
      return found;
    }, ms);
  }

  private list(): string {
    return this.begun.map(({ task, retried }) => `${task} (${retried})`).join(', ') || 'none';
  }
}
