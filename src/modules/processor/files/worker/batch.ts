import { hash } from 'node:crypto';
import { renameSync, unlinkSync } from 'node:fs';
import { basename } from 'node:path';
import type { Clock } from '../../../../core/clock.js';
import { fileName } from '../file-names.js';
import type { BatchOutcome, FileToWrite } from '../file-to-write.js';
import { isOfTheMessage } from '../refusals.js';
import type { Claims } from './claims.js';
import { codeOf, removeFile, unless, type Durability } from './disk.js';
import type { Instance } from './instance.js';
import type { ClaimPath, Layout } from './layout.js';
import { Leftovers } from './leftovers.js';
import { lineText, type Manifest, type ManifestLine } from './manifest.js';
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
  /** Null for a message without id. */
  claim: ClaimPath | null;
  /** Its place in the batch. */
  index: number;
}

/** An item on its way to its name. */
interface Draft extends Item {
  stem: string;
  part: string;
  line: ManifestLine;
  /** The line as it is written. */
  text: string;
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
    const items = files.map((file, index) => this.item(file, index));
    const fresh = items.filter((item) => !this.isKnown(item, leftovers));
    if (fresh.length > 0) await this.write(fresh);
    // Theirs may be new as well; an answer of `known` is a promise too.
    else await this.sync(() => this.shop.durability.folders(this.touched));
    return this.outcomes;
  }

  private item(file: FileToWrite, index: number): Item {
    const { content, identity } = file;
    const claim = identity === null ? null : this.shop.claims.of(identity);
    return { file, sha256: hash('sha256', content), claim, index };
  }

  /** Also for a message that comes for the first time: an id of this instance looks like its own to `Claims.make`. */
  private isKnown({ file, sha256, claim, index }: Item, leftovers: Leftovers): boolean {
    if (claim) {
      if (!this.shop.claims.isMade(claim)) return false;
      this.touched.add(claim.shard);
    } else {
      const list = file.redelivered ? leftovers.take(file.routingKey, sha256) : null;
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
    const at = new Date(this.shop.clock.now()).toISOString();
    const drafts = items.map((item, i) => this.draft(item, reserved.stems[i]!, at));
    const list = instance.nextBatch();
    const laid = await this.lay(drafts, list, reserved);
    const mine = laid.filter((draft) => this.claim(draft));
    step('claimed');
    // The list's last name, too.
    this.touched.add(instance.path);
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

  private draft(item: Item, stem: string, at: string): Draft {
    const { file, sha256, claim, index } = item;
    const { content, identity, routingKey } = file;
    const line = {
      file: fileName(stem),
      bytes: content.length,
      sha256,
      id: identity,
      key: routingKey,
      at,
    };
    const part = this.shop.instance.part(basename(stem));
    return { file, sha256, claim, index, stem, part, line, text: lineText(line) };
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
        descriptors.push(durability.write(unlisted, linesOf(laid)));
        step('listed');
        descriptors.push(durability.reopen(instance.path));
      } finally {
        await this.sync(() => durability.files(descriptors));
      }
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

  private claim({ claim, part, index }: Draft): boolean {
    if (claim === null) return true;
    const { claims, instance } = this.shop;
    this.touched.add(claim.shard);
    if (claims.make(claim, instance)) {
      step('claim');
      return true;
    }
    removeFile(part);
    this.outcomes[index] = { outcome: 'known' };
    return false;
  }

  private place(draft: Draft): void {
    const { part, stem, line, index } = draft;
    const name = placePart(part, this.shop.layout.folder, stem, this.shop.durability);
    step('place');
    if (name !== line.file) draft.text = lineText({ ...line, file: name });
    line.file = name;
    this.outcomes[index] = { outcome: 'written', name, bytes: line.bytes };
  }

  private async enter(drafts: readonly Draft[]): Promise<void> {
    const { layout, durability, manifest, clock } = this.shop;
    const files = drafts.map(({ line }) => line.file);
    const entered = manifest.append(drafts.map(({ text }) => text).join(''), clock.now());
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

function linesOf(drafts: readonly Draft[]): Buffer {
  return Buffer.from(drafts.map(({ text }) => text).join(''));
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
