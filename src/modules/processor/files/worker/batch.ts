import { createHash } from 'node:crypto';
import { renameSync, unlinkSync } from 'node:fs';
import { basename } from 'node:path';
import type { Clock } from '../../../../core/clock.js';
import { fileName } from '../file-names.js';
import type { BatchOutcome, FileToWrite } from '../file-to-write.js';
import { isOfTheMessage } from '../refusals.js';
import type { Claims } from './claims.js';
import { codeOf, removeFile, unless, type Durability } from './disk.js';
import type { Instance } from './instance.js';
import type { Layout } from './layout.js';
import { Leftovers } from './leftovers.js';
import { writeLines, type Manifest, type ManifestLine } from './manifest.js';
import type { Names, ReservedNames } from './names.js';
import { foldersOf, placePart } from './place.js';
import { step } from './steps.js';

/** All that a batch works with. */
export interface Workshop {
  layout: Layout;
  durability: Durability;
  claims: Claims;
  names: Names;
  manifest: Manifest;
  instance: Instance;
  clock: Clock;
}

interface Item {
  file: FileToWrite;
  sha256: string;
  /** Its place in the batch. */
  index: number;
}

/** An item on its way to its name. */
interface Draft extends Item {
  stem: string;
  part: string;
  line: ManifestLine;
}

/**
 * Writes many files as one, step by step, so that a crash or a power cut after any of them leaves what recovery.ts can
 * finish:
 * 1. names are reserved; the contents are written as parts, then the list of them; all that is made durable;
 * 2. the ids are claimed, durably: from here on a second delivery is known. Whoever lost a claim drops the part;
 * 3. each part is renamed to its place, which takes it away here in the same instant;
 * 4. the ledger gets the lines, and the places and the ledger are made durable;
 * 5. the list goes, and with it all claim to these files: now they may be acknowledged.
 */
export class Batch {
  /** Milliseconds that the disk was waited for. */
  syncMs = 0;
  private readonly outcomes: BatchOutcome[] = [];
  private readonly touched = new Set<string>();

  constructor(private readonly shop: Workshop) {}

  async run(files: readonly FileToWrite[]): Promise<BatchOutcome[]> {
    const leftovers = new Leftovers(this.shop.layout);
    const items = files.map((file, index) => ({ file, sha256: sha256(file.content), index }));
    const fresh = items.filter((item) => !this.isKnown(item, leftovers));
    if (fresh.length > 0) await this.write(fresh);
    // Theirs may be new as well; an answer of `known` is a promise too.
    else await this.sync(() => this.shop.durability.folders(this.touched));
    return this.outcomes;
  }

  private isKnown({ file, sha256, index }: Item, leftovers: Leftovers): boolean {
    const { identity, routingKey } = file;
    if (identity !== null) {
      if (!this.shop.claims.isMade(identity)) return false;
      this.touched.add(this.shop.claims.shardOf(identity));
    } else {
      const list = file.redelivered ? leftovers.take(routingKey, sha256) : null;
      if (list === null) return false;
      this.touched.add(list);
    }
    this.outcomes[index] = { outcome: 'known' };
    return true;
  }

  private async write(items: readonly Item[]): Promise<void> {
    const { names, instance } = this.shop;
    const reserved = names.reserve(
      items.map(({ file }) => file.routingKey),
      instance,
    );
    const drafts = items.map((item, i) => this.draft(item, reserved.stems[i]!));
    const list = instance.nextBatch();
    const laid = await this.lay(drafts, list, reserved);
    const mine = laid.filter((draft) => this.claim(draft));
    step('claimed');
    await this.sync(() => this.shop.durability.folders(this.touched));
    for (const draft of mine) this.place(draft);
    step('placed');
    await this.enter(mine);
    step('entered');
    reserved.release();
    // Whoever took this process for dead has the list now: then this throws, and what has no id is written anew.
    unlinkSync(list);
    step('done');
  }

  private draft(item: Item, stem: string): Draft {
    const { content, identity, routingKey } = item.file;
    const line = {
      file: fileName(stem),
      bytes: content.length,
      sha256: item.sha256,
      id: identity,
      key: routingKey,
      at: new Date(this.shop.clock.now()).toISOString(),
    };
    return { ...item, stem, part: this.shop.instance.part(basename(stem)), line };
  }

  /**
   * Until the list has its name nothing has happened: what fails here is undone. Answers the drafts whose contents the
   * file system takes.
   */
  private async lay(drafts: readonly Draft[], list: string, reserved: ReservedNames): Promise<Draft[]> {
    const { durability, instance } = this.shop;
    const unlisted = list.replace('.batch', '.new');
    const descriptors: (number | null)[] = [];
    let laid: Draft[];
    try {
      try {
        laid = drafts.filter((draft) => this.layPart(draft, descriptors));
        step('parts');
        descriptors.push(durability.write(unlisted, writeLines(laid.map(({ line }) => line))));
        step('listed');
      } finally {
        await this.sync(() => durability.files(descriptors));
      }
      await this.sync(() => durability.folders([instance.path]));
      renameSync(unlisted, list);
      step('durable');
      return laid;
    } catch (error) {
      undo(
        () => removeFile(unlisted),
        ...drafts.map(
          ({ part }) =>
            () =>
              removeFile(part),
        ),
      );
      undo(() => reserved.release());
      throw error;
    }
  }

  /** False for what no room on the disk would help. */
  private layPart({ part, file, index }: Draft, descriptors: (number | null)[]): boolean {
    try {
      descriptors.push(this.shop.durability.write(part, file.content));
      return true;
    } catch (error) {
      const code = codeOf(error);
      if (!isOfTheMessage(code)) throw error;
      this.outcomes[index] = { outcome: 'refused', code };
      // A name that is too long is none to remove.
      unless(['ENAMETOOLONG'], () => removeFile(part));
      return false;
    }
  }

  private claim({ file, part, index }: Draft): boolean {
    if (file.identity === null) return true;
    const { claims, instance } = this.shop;
    this.touched.add(claims.shardOf(file.identity));
    if (claims.make(file.identity, instance)) {
      step('claim');
      return true;
    }
    removeFile(part);
    this.outcomes[index] = { outcome: 'known' };
    return false;
  }

  private place({ part, stem, line, index }: Draft): void {
    line.file = placePart(part, this.shop.layout.folder, stem);
    step('place');
    this.outcomes[index] = { outcome: 'written', name: line.file, bytes: line.bytes };
  }

  private async enter(drafts: readonly Draft[]): Promise<void> {
    const { layout, durability, manifest, clock } = this.shop;
    const lines = drafts.map(({ line }) => line);
    const files = lines.map(({ file }) => file);
    const entered = manifest.append(lines, clock.now());
    await this.sync(() =>
      Promise.all([durability.files(entered), durability.folders(foldersOf(files, layout.folder))]),
    );
  }

  private async sync(work: () => Promise<unknown>): Promise<void> {
    const began = performance.now();
    await work();
    this.syncMs += performance.now() - began;
  }
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** As far as it goes: a disk that is full or gone may refuse this too, and what stays is recovered or tidied later. */
function undo(...actions: (() => void)[]): void {
  for (const action of actions) {
    try {
      action();
    } catch {
      // See above.
    }
  }
}
