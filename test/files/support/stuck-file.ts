import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, readdirSync, utimesSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { eventually } from '../../support/eventually.js';

/** What a dead process is taken for: recovery.ts and leftovers.ts read what lies in its folder. */
const DEAD = 'elsewhere.00000000.1.00000000';

/** A pipe in the place of a file: the thread that reads it stands still, as at a disk that does not answer. */
export class StuckFile {
  private writer: number | undefined;

  private constructor(private readonly path: string) {
    mkdirSync(dirname(path), { recursive: true });
    execFileSync('mkfifo', [path]);
  }

  /** Stops the next opening of `folder`. */
  static atOpening(folder: string): StuckFile {
    const stuck = new StuckFile(join(folder, '.carillon', 'tmp', DEAD, '1.batch'));
    utimesSync(dirname(stuck.path), 0, 0);
    return stuck;
  }

  /** Stops the next batch in `folder` that has a redelivered message without id. */
  static atRedelivery(folder: string): StuckFile {
    return new StuckFile(join(folder, '.carillon', 'tmp', `${DEAD}.of.another`, '1.batch.placed'));
  }

  /** Resolves when a thread stands still there. */
  async caught(): Promise<void> {
    // Fails as long as nobody reads.
    this.writer ??= await eventually(() =>
      openSync(this.whereabouts, constants.O_WRONLY | constants.O_NONBLOCK),
    );
  }

  release(): void {
    if (this.writer !== undefined) closeSync(this.writer);
    this.writer = undefined;
  }

  /** Whoever takes over from a dead process gives its folder a new name. */
  private get whereabouts(): string {
    const tmp = dirname(dirname(this.path));
    const name = readdirSync(tmp, { recursive: true, encoding: 'utf8' }).find(
      (one) => basename(one) === basename(this.path),
    );
    return join(tmp, name!);
  }
}
