import { randomBytes } from 'node:crypto';
import { accessSync, constants, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { FileSettings } from '../../../../config/processor-settings.js';
import type { Clock } from '../../../../core/clock.js';
import type { BatchOutcome, FileToWrite } from '../file-to-write.js';
import { Batch, type Workshop } from './batch.js';
import { Claims } from './claims.js';
import { Durability, isTaken, linkNew, makeFolder, makeFolders, unless } from './disk.js';
import { Instance } from './instance.js';
import { Layout } from './layout.js';
import { Liveness, newInstanceName } from './liveness.js';
import { Manifest } from './manifest.js';
import { Names } from './names.js';
import { Recovery } from './recovery.js';

export interface EngineOptions {
  settings: FileSettings;
  clock: Clock;
  /** Instances of this process that are over: those of workers that died. */
  over: readonly string[];
}

/** What a batch came to. */
export interface Written {
  outcomes: BatchOutcome[];
  /** Milliseconds that the disk was waited for. */
  syncMs: number;
}

/** This instance was taken for dead: what was in hand is written by another one, or has to be written again. */
export class Disowned extends Error {}

/**
 * The file store on the disk; all its calls may block. After an error it is broken: what was in hand is finished when
 * it is opened again.
 */
export class FileEngine {
  private readonly layout: Layout;
  private readonly durability: Durability;
  private readonly claims: Claims;
  private readonly names: Names;
  private readonly over: Set<string>;
  private readonly failedFsync = new Set<string>();
  private readonly liveness: Liveness;
  private readonly running = new Set<Promise<unknown>>();
  private shop: Workshop | undefined;
  private broken: Error | undefined = new Error('the folder is not open');
  private wasOpen = false;

  constructor(private readonly options: EngineOptions) {
    const { settings, clock, over } = options;
    this.layout = new Layout(settings.folder);
    this.durability = new Durability(settings.fsync);
    this.claims = new Claims(this.layout, settings.identityMs);
    this.names = new Names(this.layout, settings, clock);
    this.over = new Set(over);
    this.liveness = new Liveness(this.layout, clock, this.over, this.failedFsync);
  }

  /**
   * Makes the folders, begins a new instance, writes a file of `probeBytes` for a trial, and finishes what processes
   * left that are over. Answers the instance's name, and how many files it finished.
   */
  async open(probeBytes: number): Promise<{ instance: string; finished: number }> {
    await Promise.allSettled(this.running);
    const { layout, durability, options } = this;
    // Once it was there, its absence is a disk that is away: writing below its mount point would hide files.
    const made = this.wasOpen ? [] : makeFolders(layout.folder);
    accessSync(layout.folder, constants.W_OK | constants.X_OK);
    for (const folder of layout.folders) makeFolder(folder);
    await durability.folders([...made, layout.folder, layout.hidden, layout.ids]);
    this.leave();
    const instance = await Instance.create(newInstanceName(), layout, durability, options.clock);
    const manifest = new Manifest(layout, instance.name, durability);
    const { claims, names } = this;
    this.shop = { layout, durability, claims, names, manifest, instance, clock: options.clock };
    try {
      this.probe(instance, probeBytes);
      const finished = await new Recovery(this.shop, this.liveness).run(true);
      this.wasOpen = true;
      this.broken = undefined;
      return { instance: instance.name, finished };
    } catch (error) {
      instance.remove();
      throw error;
    }
  }

  /** @throws Disowned, or what the disk says; then some of the files may be there all the same */
  async write(files: readonly FileToWrite[]): Promise<Written> {
    return this.run(async (shop) => {
      const batch = new Batch(shop);
      const outcomes = await batch.run(files);
      return { outcomes, syncMs: batch.syncMs };
    });
  }

  /** A sign of life for other processes, and a look whether the folder is there. */
  beat(): Promise<void> {
    return this.run(({ instance }) => Promise.resolve(instance.beat()));
  }

  /** Finishes what others left. Answers how many files. */
  recover(): Promise<number> {
    return this.run((shop) => new Recovery(shop, this.liveness).run(false));
  }

  /** Removes old claims. Answers how many. */
  sweep(most: number): Promise<number> {
    return this.run(() => Promise.resolve(this.claims.sweep(this.options.clock.now(), most)));
  }

  /** Waits for what is in hand, and leaves nothing behind. */
  async close(): Promise<void> {
    await Promise.allSettled(this.running);
    this.claims.close();
    this.shop?.manifest.close();
    // What a failure left unfinished is for whoever comes next.
    if (this.broken === undefined) this.shop?.instance.remove();
    this.broken = new Error('the folder is closed');
  }

  private async run<T>(work: (shop: Workshop) => Promise<T>): Promise<T> {
    if (this.broken !== undefined) throw this.broken;
    const running = work(this.shop!);
    this.running.add(running);
    try {
      return await running;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall === 'fsync')
        this.failedFsync.add(this.shop!.instance.name);
      this.broken ??= this.isDisowned() ? new Disowned('another process took over') : (error as Error);
      throw this.broken;
    } finally {
      this.running.delete(running);
    }
  }

  /** Only the own folder is gone. */
  private isDisowned(): boolean {
    try {
      return isTaken(this.layout.tmp) && !isTaken(this.shop!.instance.path);
    } catch {
      return false;
    }
  }

  /** What this process had before is finished like that of any other. */
  private leave(): void {
    if (!this.shop) return;
    this.over.add(this.shop.instance.name);
    this.shop.manifest.close();
    this.shop = undefined;
  }

  /** A disk that is full takes small files for long; and without hard links nothing here works. */
  private probe(instance: Instance, bytes: number): void {
    const file = join(instance.path, 'probe');
    try {
      // As far as a file may go there: that it may not go farther is a message's trouble, not the folder's.
      unless(['EFBIG'], () => this.durability.writeNow(file, randomBytes(Math.max(4096, bytes))));
      linkNew(file, `${file}-link`);
    } finally {
      for (const name of [`${file}-link`, file]) if (isTaken(name)) unlinkSync(name);
    }
  }
}
