import { hash } from 'node:crypto';
import { join } from 'node:path';

/** The folder and the file that claim a message id. */
export interface ClaimPath {
  shard: string;
  file: string;
}

/**
 * What lies in OUTPUT_FOLDER: finished files, named for readers, and one hidden folder. Nothing in that ends in `.json`.
 *
 * - `tmp/<instance>/`: what a running process has in hand (instance.ts); `tmp/<instance>.of.<instance>/`: what a dead one
 *   left and another one finishes (recovery.ts)
 * - `names/<millisecond>`: names that belong to one process for the moment (names.ts)
 * - `ids/<x>/<hash>`: message ids whose file was written (claims.ts)
 * - `manifest/<day>~<instance>.ndjson`: the ledger (manifest.ts)
 */
export class Layout {
  readonly hidden: string;
  readonly tmp: string;
  readonly names: string;
  readonly ids: string;
  readonly manifests: string;
  /** Sixteen, so that each can hold millions: ext4 ends a folder at some 20 million names. */
  readonly shards: readonly string[];

  constructor(readonly folder: string) {
    this.hidden = join(folder, '.carillon');
    this.tmp = join(this.hidden, 'tmp');
    this.names = join(this.hidden, 'names');
    this.ids = join(this.hidden, 'ids');
    this.manifests = join(this.hidden, 'manifest');
    this.shards = [...'0123456789abcdef'].map((digit) => join(this.ids, digit));
  }

  /** Every folder that must be there, each after the one it lies in. */
  get folders(): string[] {
    return [this.hidden, this.tmp, this.names, this.manifests, this.ids, ...this.shards];
  }

  claim(id: string): ClaimPath {
    const name = hash('sha256', id).slice(0, 32);
    const shard = this.shards[parseInt(name[0]!, 16)]!;
    return { shard, file: join(shard, name) };
  }
}
