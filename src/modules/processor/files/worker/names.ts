import { join } from 'node:path';
import type { Clock } from '../../../../core/clock.js';
import { keyPart, nameTime } from '../file-names.js';
import { linkNew, removeFile } from './disk.js';
import type { Instance } from './instance.js';
import type { Layout } from './layout.js';

/** Names in one reservation: its microseconds. */
export const MOST_NAMES = 1000;

export interface NameOptions {
  time: 'local' | 'utc';
  shard: 'none' | 'day' | 'hour';
}

/** The names of one batch, which no other process can give while it is held. */
export interface ReservedNames {
  /** Relative to OUTPUT_FOLDER, without `.json`; in order. */
  stems: string[];
  /** `` or the subfolder of the stems. */
  shard: string;
  release(): void;
}

/**
 * Gives the names of files. A batch takes a whole millisecond for itself, by a hard link in `names/`, and numbers its
 * files with its microseconds: one reservation for many files, so that replicas never meet on a name, and a file can be
 * put in its place by one rename.
 */
export class Names {
  private last = -Infinity;

  constructor(
    private readonly layout: Layout,
    private readonly options: NameOptions,
    private readonly clock: Clock,
  ) {}

  /** At most MOST_NAMES keys. */
  reserve(keys: readonly string[], instance: Instance): ReservedNames {
    // Later than all before, also when the clock was set back.
    for (let ms = Math.max(Math.floor(this.clock.now()), this.last + 1); ; ms++) {
      const time = nameTime(ms, this.options.time);
      const file = join(this.layout.names, time.millisecond);
      if (!instance.mark((marker) => linkNew(marker, file))) continue;
      this.last = ms;
      const shard = this.shardOf(time);
      const first = Math.min(Math.floor(this.clock.monotonic() * 1000) % 1000, MOST_NAMES - keys.length);
      return {
        stems: keys.map((key, i) => shard + stem(time.millisecond, first + i, key)),
        shard,
        release: () => removeFile(file),
      };
    }
  }

  private shardOf({ day, hour }: { day: string; hour: string }): string {
    if (this.options.shard === 'none') return '';
    return this.options.shard === 'day' ? `${day}/` : `${day}/${hour}/`;
  }
}

function stem(millisecond: string, microsecond: number, key: string): string {
  return `${millisecond}${String(microsecond).padStart(3, '0')}_${keyPart(key)}`;
}
