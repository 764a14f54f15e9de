import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Workshop } from './batch.js';
import { isTaken, namesIn, removeFile, unless } from './disk.js';
import { Leftovers } from './leftovers.js';
import type { Liveness } from './liveness.js';
import { lastEnteredBy, linesText, manifestsOf, readLines, type ManifestLine } from './manifest.js';
import { foldersOf, placePart } from './place.js';

const KEPT_BY = '.of.';
/** As newInstanceName has it, and for one that another finishes. */
const FOLDER = /^[^.]+\.[0-9a-f]{8}\.\d+\.[0-9a-f]{8}(\.of\..+)?$/;
const LIST = /\.(batch|new)$/;
/** Within this time the broker has delivered again what a dead process had not acknowledged. */
const LEFTOVER_MS = 24 * 3_600_000;

/** A list, and what lies beside it. */
interface Left {
  owner: string;
  folder: string;
  names: ReadonlySet<string>;
  list: string;
  /** Files that the owner's ledger has. */
  entered: ReadonlySet<string>;
}

/** Finishes what processes left that are over. It takes their folder first, by a rename: only one can. */
export class Recovery {
  constructor(
    private readonly shop: Workshop,
    private readonly liveness: Liveness,
  ) {}

  /** Answers how many files were finished. @throws what the disk says; the next round goes on */
  async run(atStart: boolean): Promise<number> {
    let finished = 0;
    for (const name of namesIn(this.shop.layout.tmp).filter((one) => FOLDER.test(one))) {
      const [owner, keeper] = name.split(KEPT_BY) as [string, string | undefined];
      if (keeper !== undefined && this.isFinished(name)) continue;
      if (!this.mayTake(keeper ?? owner, atStart)) continue;
      const folder = this.take(name, owner);
      if (folder !== null) finished += await this.finish(owner, folder);
    }
    if (atStart) this.releaseOrphans();
    return finished;
  }

  private mayTake(holder: string, atStart: boolean): boolean {
    const me = this.shop.instance.name;
    return holder !== me && this.liveness.isOver(holder, atStart);
  }

  /** Nothing but leftovers for messages without id; removed when these are old. */
  private isFinished(name: string): boolean {
    const folder = join(this.shop.layout.tmp, name);
    const names = namesIn(folder);
    if (names.length === 0 || names.some((file) => LIST.test(file))) return false;
    const kept = names.filter((file) => Leftovers.isList(file));
    const ages = kept.map((file) => unless(['ENOENT'], () => statSync(join(folder, file)).mtimeMs) ?? 0);
    if (Math.max(0, ...ages) + LEFTOVER_MS < this.shop.clock.now())
      rmSync(folder, { recursive: true, force: true });
    return true;
  }

  /** Null when another process was quicker, or it belongs to a user whose files are none of ours. */
  private take(name: string, owner: string): string | null {
    const { layout, instance } = this.shop;
    const folder = join(layout.tmp, `${owner}${KEPT_BY}${instance.name}`);
    const isOurs = unless(
      ['ENOENT', 'EACCES', 'EPERM'],
      () => (renameSync(join(layout.tmp, name), folder), true),
    );
    return isOurs ? folder : null;
  }

  private async finish(owner: string, folder: string): Promise<number> {
    const names = namesIn(folder);
    const lists = names.filter((name) => LIST.test(name));
    const entered = lists.length > 0 ? await this.enteredBy(owner) : new Set<string>();
    let finished = 0;
    for (const list of lists)
      finished += await this.finishList({ owner, folder, names: new Set(names), list, entered });
    this.releaseNames(owner);
    for (const name of names)
      if (!Leftovers.isList(name) && !name.endsWith('.taken')) removeFile(join(folder, name));
    if (namesIn(folder).length === 0) rmSync(folder, { recursive: true, force: true });
    return finished;
  }

  private async finishList(left: Left): Promise<number> {
    const { durability, layout, manifest, clock, claims } = this.shop;
    const { path, lines } = await this.secureList(left);
    const waiting: ManifestLine[] = [];
    const placed: ManifestLine[] = [];
    for (const line of lines) {
      if (!left.names.has(partOf(line))) {
        if (this.wasPlaced(line, left)) placed.push(line);
      } else if (await this.isOurs(line, left)) waiting.push(line);
    }
    const shards = lines.flatMap(({ id }) => (id === null ? [] : [claims.of(id).shard]));
    await durability.folders(new Set([left.folder, ...shards]));
    for (const line of waiting) {
      line.file = placePart(join(left.folder, partOf(line)), layout.folder, stemOf(line), durability);
      placed.push(line);
    }
    const missing = placed.filter(({ file }) => !left.entered.has(file));
    const entries = manifest.append(linesText(missing), clock.now());
    await durability.files(entries);
    const files = placed.map(({ file }) => file);
    await durability.folders(foldersOf(files, layout.folder));
    Leftovers.keep(path, placed, durability);
    removeFile(path);
    return waiting.length;
  }

  /**
   * The owner may have died before its list and its parts were durable: that comes before any claim, as in batch.ts.
   * A list whose parts are all there gets its last name: from now on, one that is missing was placed.
   */
  private async secureList({ folder, list, names }: Left): Promise<{ path: string; lines: ManifestLine[] }> {
    const { durability } = this.shop;
    const found = join(folder, list);
    const lines = readLines(readFileSync(found, 'utf8'));
    if (lines.length === 0) return { path: found, lines };
    const parts = lines.map(partOf).filter((part) => names.has(part));
    const paths = [folder, found, ...parts.map((part) => join(folder, part))];
    await durability.files(paths.map((path) => durability.reopen(path)));
    if (list.endsWith('.batch') || parts.length < lines.length) return { path: found, lines };
    const path = found.replace(/\.new$/, '.batch');
    renameSync(found, path);
    return { path, lines };
  }

  /** Of a line whose part is gone: by its rename to its place, or because the claim was lost. */
  private wasPlaced({ id }: ManifestLine, { owner, list }: Left): boolean {
    // Before the list has its last name nothing is placed; then a part is missing because of a power cut.
    return id === null ? list.endsWith('.batch') : this.shop.claims.ownerOf(id) === owner;
  }

  /** Of a line whose part is there. What was not claimed yet is claimed now, in the owner's name. */
  private async isOurs(line: ManifestLine, { owner, folder, names }: Left): Promise<boolean> {
    const { claims } = this.shop;
    const isWhole = (await sha256Of(join(folder, partOf(line)))) === line.sha256;
    if (line.id === null) return isWhole;
    const marker = [...names].find((name) => name.startsWith('marker-'));
    if (isWhole && marker !== undefined) claims.makeFor(line.id, join(folder, marker));
    const isOurs = claims.ownerOf(line.id) === owner;
    // Only PROCESSOR_FSYNC=off and a power cut leave a claim for a torn part: the next delivery writes it.
    if (isOurs && !isWhole) claims.drop(line.id);
    return isOurs && isWhole;
  }

  /**
   * The files that the owner's ledger has. Its lines are made durable first, since it may have died before its own fsync.
   * After a failed fsync they are not trusted: the cache shows them, and no later fsync writes them.
   */
  private async enteredBy(owner: string): Promise<ReadonlySet<string>> {
    const { durability, layout } = this.shop;
    if (this.liveness.hasFailedFsync(owner)) return new Set();
    await durability.files(manifestsOf(owner, layout).map((path) => durability.reopen(path)));
    await durability.folders([layout.manifests]);
    return lastEnteredBy(owner, layout);
  }

  /** Names that came back by a power cut, after the folder of their owner was removed. */
  private releaseOrphans(): void {
    const { layout } = this.shop;
    const owners = new Set(namesIn(layout.tmp).map((name) => name.split(KEPT_BY)[0]));
    for (const file of namesIn(layout.names).map((name) => join(layout.names, name))) {
      const owner = unless(['ENOENT'], () => readFileSync(file, 'utf8'));
      // Read again: a process that has just begun makes its folder before its first name.
      if (owner !== undefined && !owners.has(owner) && !isTaken(join(layout.tmp, owner))) removeFile(file);
    }
  }

  private releaseNames(owner: string): void {
    const { names } = this.shop.layout;
    for (const file of namesIn(names).map((name) => join(names, name)))
      if (unless(['ENOENT'], () => readFileSync(file, 'utf8')) === owner) removeFile(file);
  }
}

function stemOf({ file }: ManifestLine): string {
  return file.slice(0, -'.json'.length);
}

function partOf(line: ManifestLine): string {
  return `${basename(stemOf(line))}.part`;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
