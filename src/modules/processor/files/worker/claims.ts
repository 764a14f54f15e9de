import { lstatSync, opendirSync, readFileSync, type Dir } from 'node:fs';
import { join } from 'node:path';
import { isTaken, linkNew, removeFile, unless } from './disk.js';
import { MARKER_MS, type Instance } from './instance.js';
import type { ClaimPath, Layout } from './layout.js';

/** A claim is a name of the claiming process's marker: made atomically, dated by the marker, saying whose it is. */
export class Claims {
  private reading: { folder: string; dir: Dir } | undefined;
  private shard = 0;

  constructor(
    private readonly layout: Layout,
    private readonly lifetimeMs: number,
  ) {}

  /** Where the claim of this id lies, made or not. */
  of(id: string): ClaimPath {
    return this.layout.claim(id);
  }

  isMade({ file }: ClaimPath): boolean {
    return isTaken(file);
  }

  /** False when somebody has it already. */
  make({ file }: ClaimPath, instance: Instance): boolean {
    // A network file system that repeats a call finds what its first try has made.
    return instance.mark((marker) => linkNew(marker, file)) || holderOf(file) === instance.name;
  }

  /** The name of the instance that made it; undefined where there is none. */
  ownerOf(id: string): string | undefined {
    return holderOf(this.layout.claim(id).file);
  }

  /** On behalf of an instance that is over, with its own `marker`. */
  makeFor(id: string, marker: string): void {
    linkNew(marker, this.layout.claim(id).file);
  }

  drop(id: string): void {
    removeFile(this.layout.claim(id).file);
  }

  /** Looks at `most` claims, on where the last call ended; removes what is too old. Answers how many those were. */
  sweep(now: number, most: number): number {
    let removed = 0;
    for (let i = 0; i < most; i++) {
      const file = this.nextFile();
      if (file === null) break;
      const stat = lstatSync(file, { throwIfNoEntry: false });
      if (!stat || stat.mtimeMs + MARKER_MS + this.lifetimeMs > now) continue;
      removeFile(file);
      removed += 1;
    }
    return removed;
  }

  close(): void {
    this.reading?.dir.closeSync();
    this.reading = undefined;
  }

  /** The next name of the folder that is being read; null at its end, and the next call begins with the next folder. */
  private nextFile(): string | null {
    if (!this.reading) {
      const folder = this.layout.shards[this.shard]!;
      this.shard = (this.shard + 1) % this.layout.shards.length;
      this.reading = { folder, dir: opendirSync(folder, { bufferSize: 256 }) };
    }
    const entry = this.reading.dir.readSync();
    if (entry) return join(this.reading.folder, entry.name);
    this.close();
    return null;
  }
}

function holderOf(file: string): string | undefined {
  return unless(['ENOENT'], () => readFileSync(file, 'utf8'));
}
