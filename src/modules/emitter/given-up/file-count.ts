import { removeAbandoned } from '../../../core/durable-file.js';
import { join } from 'node:path';
import type { Clock } from '../../../core/clock.js';
import { namesIn } from './look-in-folder.js';
import { isEmitterName, isEntryId } from './entry.js';

/** When there are too many it is counted anew, this often at most (milliseconds): somebody may have made room. */
const COUNT_EVERY_MS = 10_000;

/** How many files lie in the folder: counted once, then kept up. */
export class FileCount {
  private counts = new Map<string, number>();
  /** On their way. */
  private reserved = 0;
  private countedAt = -Infinity;
  private counting: Promise<void> | null = null;

  constructor(
    private readonly folder: string,
    private readonly clock: Clock,
    private readonly ending: string,
  ) {}

  /** By emitter. */
  get files(): ReadonlyMap<string, number> {
    return this.counts;
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, files) => sum + files, 0);
  }

  /** Counts, and tidies what dead processes left. @throws as the folder does */
  async start(): Promise<void> {
    const counts = new Map<string, number>();
    for (const emitter of await namesIn(this.folder)) {
      if (!isEmitterName(emitter)) continue;
      const folder = join(this.folder, emitter);
      const names = await namesIn(folder);
      await removeAbandoned(folder, names, this.clock.now());
      const files = names.filter((name) => this.isEntry(name)).length;
      if (files > 0) counts.set(emitter, files);
    }
    this.counts = counts;
    this.countedAt = this.clock.monotonic();
  }

  /** Holds a place for one more, until `settle`; false when there is none. */
  async reserve(most: number): Promise<boolean> {
    if (this.total + this.reserved >= most) await this.countAnew();
    if (this.total + this.reserved >= most) return false;
    this.reserved += 1;
    return true;
  }

  settle(emitter: string, isNew: boolean): void {
    this.reserved -= 1;
    if (isNew) this.counts.set(emitter, (this.counts.get(emitter) ?? 0) + 1);
  }

  removed(emitter: string): void {
    this.counts.set(emitter, Math.max(0, (this.counts.get(emitter) ?? 0) - 1));
  }

  /** Somebody has looked: files may have come or gone without us. */
  seen(emitter: string, files: number): void {
    if (files > 0 || this.counts.has(emitter)) this.counts.set(emitter, files);
  }

  private async countAnew(): Promise<void> {
    if (!this.counting && this.clock.monotonic() - this.countedAt >= COUNT_EVERY_MS) {
      this.countedAt = this.clock.monotonic();
      this.counting = this.start()
        .catch(() => undefined)
        .finally(() => (this.counting = null));
    }
    await this.counting;
  }

  private isEntry(name: string): boolean {
    return name.endsWith(this.ending) && isEntryId(name.slice(0, -this.ending.length));
  }
}
