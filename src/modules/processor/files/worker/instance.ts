import { rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, removeFile, type Durability } from './disk.js';
import type { Layout } from './layout.js';
import type { Clock } from '../../../../core/clock.js';

/** ext4 allows 65,000 names of one file, other file systems fewer. */
const MOST_LINKS = 10_000;
/** A marker dates its claims (claims.ts): none of them is younger than it by more than this. */
export const MARKER_MS = 3_600_000;

/**
 * What one running process has in hand: the folder `tmp/<name>`. **Whoever holds a folder is the only one who acts on
 * what lies in it.** It changes hands by one rename (recovery.ts); a process that was only thought dead then finds its
 * own paths gone, and begins anew.
 *
 * - `alive`: its time shows that the process lives
 * - `marker-<n>`: a small file that holds the name; further names of it (hard links) are claims, which cost no inode each
 * - `<time>_<key>.part`: contents on their way
 * - `<n>.batch`: what the contents are: the lines that the manifest will get, written when all of them are on disk
 */
export class Instance {
  private markers = 0;
  private links = 0;
  private markerBorn = 0;
  private batches = 0;

  private constructor(
    readonly name: string,
    readonly path: string,
    private readonly durability: Durability,
    private readonly clock: Clock,
  ) {}

  static async create(name: string, layout: Layout, durability: Durability, clock: Clock): Promise<Instance> {
    const instance = new Instance(name, join(layout.tmp, name), durability, clock);
    makeFolder(instance.path);
    try {
      durability.writeNow(join(instance.path, 'alive'), Buffer.alloc(0));
      instance.turnMarker();
      await durability.folders([instance.path, layout.tmp]);
      return instance;
    } catch (error) {
      instance.remove();
      throw error;
    }
  }

  /** Runs `link` with the file whose next name is a claim; again with a new one when the file system has had enough. */
  mark(link: (marker: string) => boolean): boolean {
    if (this.links >= MOST_LINKS || this.clock.monotonic() - this.markerBorn >= MARKER_MS) this.turnMarker();
    this.links += 1;
    try {
      return link(this.marker);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EMLINK') throw error;
      this.turnMarker();
      return link(this.marker);
    }
  }

  /** Where the content of a file lies until it is whole. */
  part(stem: string): string {
    return `${this.path}/${stem}.part`;
  }

  nextBatch(): string {
    return join(this.path, `${(this.batches += 1)}.batch`);
  }

  beat(): void {
    const now = this.clock.now() / 1000;
    utimesSync(join(this.path, 'alive'), now, now);
  }

  /** Nothing is in hand any more. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  private get marker(): string {
    return join(this.path, `marker-${this.markers}`);
  }

  private turnMarker(): void {
    const old = this.marker;
    this.markers += 1;
    this.durability.writeNow(this.marker, Buffer.from(this.name));
    this.links = 0;
    this.markerBorn = this.clock.monotonic();
    if (this.markers > 1) removeFile(old);
  }
}
