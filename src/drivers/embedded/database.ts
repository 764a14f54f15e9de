import { randomUUID } from 'node:crypto';
import { basename, join } from 'node:path';
import type { Transferable } from 'node:worker_threads';
import { backoffMs } from '../../core/backoff.js';
import { systemClock } from '../../core/clock.js';
import type { AppError } from '../../core/errors.js';
import { FailureLog } from '../../core/failure-log.js';
import type { DriverContext } from '../define-driver.js';
import { StorageWatch } from '../storage-watch.js';
import { prepareFolder } from './data-folder.js';
import type { EmbeddedOptions } from './embedded.variables.js';
import { commitMetrics } from './metrics.js';
import type { Exchanges, Op, WorkerOptions } from './protocol.js';
import { Trouble } from './trouble.js';
import { WorkerLink } from './worker-link.js';

/** SQLite's words for IOERR, READONLY, CORRUPT and CANTOPEN. */
const BROKEN_DISK = /disk I\/O error|readonly database|malformed|unable to open database/;

const RESTART = { baseMs: 100, capMs: 5_000 };

/** The files that this process has open, by folder: drivers of one folder share one. */
const open = new Map<string, Promise<Database>>();

/**
 * The SQLite file of a DATA_FOLDER, through the one worker thread that owns it. A worker that dies is started again
 * for ever.
 */
export class Database {
  private link: WorkerLink | undefined;
  private users = 0;
  private readonly closed = new AbortController();
  private readonly whenUp = new Set<() => void>();
  private readonly failures: FailureLog;
  private readonly storageWatch: StorageWatch;

  private constructor(
    /** The file's path. */
    readonly file: string,
    private readonly options: WorkerOptions,
    private readonly context: DriverContext,
  ) {
    this.failures = new FailureLog(context.logger, `The thread of ${file} ended`);
    const { logger, metrics } = context;
    this.storageWatch = new StorageWatch(options.folder, basename(file), logger, metrics);
  }

  /**
   * Opens the folder's file, or shares it when this process has it open.
   * @throws Error in a sentence, when the folder cannot be used
   */
  static async open(options: EmbeddedOptions, context: DriverContext): Promise<Database> {
    const folder = await prepareFolder(context.dataFolder);
    const shared = open.get(folder) ?? Database.start(folder, options, context);
    open.set(folder, shared);
    const database = await shared;
    database.users += 1;
    return database;
  }

  private static async start(
    folder: string,
    { EMBEDDED_PARTITIONS, EMBEDDED_MAX_MESSAGES }: EmbeddedOptions,
    context: DriverContext,
  ): Promise<Database> {
    const options = {
      folder,
      partitions: EMBEDDED_PARTITIONS,
      maxKeys: context.gateway.idempotencyMaxKeys,
      maxMessages: EMBEDDED_MAX_MESSAGES,
      owner: randomUUID(),
    };
    const database = new Database(join(folder, 'carillon.db'), options, context);
    try {
      await database.connect(commitMetrics(context.metrics));
      return database;
    } catch (error) {
      open.delete(folder);
      throw error;
    }
  }

  /** Names the place of everything in this file. */
  get storage(): string {
    return `sqlite:${this.file}`;
  }

  get isUp(): boolean {
    return this.link?.isOpen ?? false;
  }

  /** @throws Trouble */
  ask<O extends Op>(
    op: O,
    ask: Exchanges[O]['ask'],
    transfer?: Transferable[],
  ): Promise<Exchanges[O]['answer']> {
    if (!this.link)
      return Promise.reject(new Trouble('down', 'the thread of the file is being started again'));
    const answer = this.link.ask(op, ask, transfer);
    answer.catch((error: unknown) => this.noticed(error as Trouble));
    return answer;
  }

  /** Why nothing can be written at present. */
  get writeTrouble(): AppError | null {
    return this.storageWatch.trouble;
  }

  private noticed({ kind, message }: Trouble): void {
    if (kind === 'full') this.storageWatch.failed('full', message);
    else if (kind === 'failed' && BROKEN_DISK.test(message)) this.storageWatch.failed('unusable', message);
  }

  /** Calls `listener` whenever the worker has come back; answers how to end that. */
  onUp(listener: () => void): () => void {
    this.whenUp.add(listener);
    return () => this.whenUp.delete(listener);
  }

  /** One user less; the last one closes the file. */
  async release(deadlineMs: number): Promise<void> {
    this.users -= 1;
    if (this.users > 0) return;
    open.delete(this.options.folder);
    this.closed.abort();
    this.storageWatch.close();
    await this.link?.close(deadlineMs);
  }

  /** For tests: the worker dies. */
  async crash(): Promise<void> {
    await this.link?.crash();
  }

  private async connect(onCommit: (commitMs: number) => void): Promise<void> {
    const link = await WorkerLink.start(this.options, onCommit);
    this.link = link;
    void link.over.then((reason) => {
      this.link = undefined;
      if (reason && !this.closed.signal.aborted) void this.restart(reason, onCommit);
    });
  }

  private async restart(reason: Error, onCommit: (commitMs: number) => void): Promise<void> {
    this.failures.failed(reason, 'It is started again.');
    for (let attempt = 1; !this.closed.signal.aborted; attempt++) {
      await systemClock.sleep(backoffMs(attempt, RESTART), this.closed.signal);
      if (this.closed.signal.aborted) return;
      try {
        await this.connect(onCommit);
        this.failures.succeeded();
        for (const listener of this.whenUp) listener();
        return;
      } catch (error) {
        this.failures.failed(error);
      }
    }
  }
}
