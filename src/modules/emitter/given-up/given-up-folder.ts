import { makePrivateFolder, placeFile, removeDurably } from '../../../core/durable-file.js';
import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../../../core/clock.js';
import { asAppError, type AppError } from '../../../core/errors.js';
import { FailureLog } from '../../../core/failure-log.js';
import { Turns } from '../../../core/turns.js';
import type { EmitMessage, EmitResult } from '../message.js';
import { errnoOf, exists, namesIn, readBeginning } from './look-in-folder.js';
import { entryId, entryText, isEmitterName, isEntryId, readEntry, readHead } from './entry.js';
import type { GivenUp, GivenUpHead } from './entry.js';
import { FileCount } from './file-count.js';
import { damagedEntry, folderError, tooManyFiles, unknownEntry } from './folder-errors.js';

/** A head is smaller. */
const HEAD_BYTES = 8192;
const MOST_BYTES = 256 * 1024 * 1024;
/** Files written at once: Node has four threads for files and names in all. */
const MOST_WRITES = 2;
/** A failure to write shows for so long when nothing is written after it, milliseconds. */
const TROUBLE_MS = 60_000;
const ENDING = '.json';

export interface GivenUpOptions {
  /** Absolute. */
  folder: string;
  /** The most files that lie there, all emitters together. */
  most: number;
}

export interface GivenUpContext {
  logger: Logger;
  clock: Clock;
  /** Told of each message that could not be kept. */
  onLost?: (emitter: string) => void;
}

/** In a list a file that cannot be read is shown all the same. */
export type Listed = GivenUpHead | { id: string; unreadable: true };

export interface GivenUpPage {
  /** Of that emitter. */
  total: number;
  /** The earliest planned first. */
  entries: Listed[];
  /** Give it as `after` to go on; null when nothing follows. */
  next: string | null;
}

/**
 * What was not delivered, one file a message, `<folder>/<emitter>/<planned time>_<key>.json`, until it is sent again or
 * discarded. A file is there whole or not at all, also after a power cut.
 */
export class GivenUpFolder {
  private readonly count: FileCount;
  private readonly turns = new Turns(MOST_WRITES);
  private readonly losses: FailureLog;
  private readonly underWay = new Set<Promise<boolean>>();
  private failure: { error: AppError; at: number } | null = null;

  constructor(
    private readonly options: GivenUpOptions,
    private readonly context: GivenUpContext,
  ) {
    this.count = new FileCount(options.folder, context.clock, ENDING);
    const what = 'A message that was given up is lost';
    this.losses = new FailureLog(context.logger, what, () => context.clock.now());
  }

  /** Makes the folder and counts what lies there; where that fails, it says so, and goes on. */
  async start(): Promise<void> {
    try {
      await makePrivateFolder(this.options.folder);
      await this.count.start();
    } catch (error) {
      const told = this.failed(error);
      this.context.logger.error({ code: told.code }, `What is given up cannot be kept: ${told.message}`);
    }
  }

  /** Files by emitter, those of emitters that are gone included. */
  get files(): ReadonlyMap<string, number> {
    return this.count.files;
  }

  /** Why messages cannot be kept at present. */
  get trouble(): AppError | null {
    const { folder, most } = this.options;
    if (this.count.total >= most) return tooManyFiles(folder, most);
    const { failure } = this;
    return failure && this.context.clock.monotonic() - failure.at < TROUBLE_MS ? failure.error : null;
  }

  /** Keeps it; false when it is lost, which is counted and said here. */
  add(message: EmitMessage, result: EmitResult): Promise<boolean> {
    const added = this.keep(message, result);
    this.underWay.add(added);
    return added.finally(() => this.underWay.delete(added));
  }

  /** Resolves when all that was handed over is written, or lost. */
  async settled(): Promise<void> {
    await Promise.all(this.underWay);
  }

  async list(
    emitter: string,
    { limit, after }: { limit: number; after: string | null },
  ): Promise<GivenUpPage> {
    const ids = await this.ids(emitter);
    const rest = after === null ? ids : ids.filter((id) => id > after);
    const page = rest.slice(0, limit);
    const entries: Listed[] = [];
    for (const id of page) {
      const head = await this.head(emitter, id).catch(() => null);
      if (head !== 'gone') entries.push(head ?? { id, unreadable: true });
    }
    return { total: ids.length, entries, next: rest.length > limit ? (page.at(-1) ?? null) : null };
  }

  /** The earliest planned first. */
  async ids(emitter: string): Promise<string[]> {
    if (!isEmitterName(emitter)) return [];
    const names = await namesIn(join(this.options.folder, emitter)).catch((error: unknown) => {
      throw folderError(this.options.folder, error);
    });
    const ids = names.filter((name) => name.endsWith(ENDING)).map((name) => name.slice(0, -ENDING.length));
    const mine = ids.filter(isEntryId).sort();
    this.count.seen(emitter, mine.length);
    return mine;
  }

  /** @throws AppError GIVEN_UP_UNKNOWN; INTERNAL for a file that cannot be read */
  async get(emitter: string, id: string): Promise<GivenUp> {
    const { text, all } = await this.read(emitter, id, MOST_BYTES);
    const entry = all ? readEntry(id, text) : null;
    if (entry?.emitter !== emitter) throw damagedEntry(id);
    return entry;
  }

  /** Deletes one for good. @throws AppError GIVEN_UP_UNKNOWN, OUTPUT_UNUSABLE */
  async discard(emitter: string, id: string): Promise<void> {
    const path = this.path(emitter, id);
    try {
      await removeDurably(path);
    } catch (error) {
      throw errnoOf(error) === 'ENOENT' ? unknownEntry() : this.asFolderError(error);
    }
    this.count.removed(emitter);
  }

  private async keep(message: EmitMessage, result: EmitResult): Promise<boolean> {
    const { folder, most } = this.options;
    if (!(await this.count.reserve(most))) return this.lose(message, tooManyFiles(folder, most));
    let isNew = false;
    try {
      isNew = await this.turns.run(() => this.write(message, result));
    } catch (error) {
      return this.lose(message, this.failed(error));
    } finally {
      this.count.settle(message.emitter, isNew);
    }
    this.failure = null;
    this.losses.succeeded();
    return true;
  }

  private async head(emitter: string, id: string): Promise<GivenUpHead | 'gone'> {
    try {
      const { text } = await this.read(emitter, id, HEAD_BYTES);
      const head = readHead(id, text);
      return head?.emitter === emitter ? head : await this.get(emitter, id);
    } catch (error) {
      if (asAppError(error).code === 'GIVEN_UP_UNKNOWN') return 'gone';
      throw error;
    }
  }

  private async read(
    emitter: string,
    id: string,
    mostBytes: number,
  ): Promise<{ text: string; all: boolean }> {
    const path = this.path(emitter, id);
    try {
      return await readBeginning(path, mostBytes);
    } catch (error) {
      throw errnoOf(error) === 'ENOENT' ? unknownEntry() : damagedEntry(id);
    }
  }

  /** Answers whether there is one file more. */
  private async write(message: EmitMessage, result: EmitResult): Promise<boolean> {
    const path = this.path(message.emitter, entryId(message));
    await makePrivateFolder(this.options.folder); // somebody may have cleared it away
    await makePrivateFolder(dirname(path));
    const isNew = !(await exists(path));
    await placeFile(path, entryText(message, result, this.context.clock.now()));
    return isNew;
  }

  /** @throws AppError GIVEN_UP_UNKNOWN for what cannot be a name of ours */
  private path(emitter: string, id: string): string {
    if (!isEmitterName(emitter) || !isEntryId(id)) throw unknownEntry();
    return join(this.options.folder, emitter, `${id}${ENDING}`);
  }

  private lose({ emitter, key }: EmitMessage, error: AppError): false {
    this.context.onLost?.(emitter);
    this.losses.failed(`emitter ${emitter}, key ${key}: ${error.message.replace(/\.$/, '')}`);
    return false;
  }

  private failed(error: unknown): AppError {
    const told = this.asFolderError(error);
    this.failure = { error: told, at: this.context.clock.monotonic() };
    return told;
  }

  private asFolderError(error: unknown): AppError {
    return folderError(this.options.folder, error);
  }
}
