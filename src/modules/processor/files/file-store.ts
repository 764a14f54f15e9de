import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { FileSettings } from '../../../config/processor-settings.js';
import { backoffMs } from '../../../core/backoff.js';
import { systemClock, type Clock } from '../../../core/clock.js';
import { AppError } from '../../../core/errors.js';
import { FailureLog } from '../../../core/failure-log.js';
import { isOverBy } from '../../../core/with-deadline.js';
import type { FileToWrite, WriteOutcome } from './file-to-write.js';
import { FileMetrics } from './metrics.js';
import { outputError } from './output-errors.js';
import { WorkerFailure, type News } from './worker-link.js';
import { WorkerLives } from './worker-lives.js';
import { bytesOf, WriteQueue, type PendingWrite } from './write-queue.js';

/** One batch is made durable while the next one is prepared. */
const BATCHES_AT_WORKER = 2;
const BACKOFF = { baseMs: 500, capMs: 14_500 };
const LEAST_DELAY_MS = 500;
/** A trial file is as large as what did not fit, but no larger than this. */
const MOST_PROBE_BYTES = 64 * 1024 * 1024;
/** Ends of the worker in a row, that are not the disk's doing. */
const MOST_RESTARTS = 3;
const STOP_MS = 5_000;

export interface FileStoreOptions {
  logger: Logger;
  metrics: Registry;
  clock?: Clock;
}

/**
 * Makes one file of each message in OUTPUT_FOLDER. A worker thread does the work (worker/batch.ts says how): many
 * files share each step, and the disk never holds up the event loop. Its death, or that of the process, at any instant
 * loses nothing that was answered.
 */
export class FileStore {
  private readonly worker: WorkerLives;
  private readonly queue = new WriteQueue();
  private readonly twins = new Map<string, Promise<WriteOutcome>>();
  private readonly atWorker = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private readonly listeners: (() => void)[] = [];
  private readonly metrics: FileMetrics;
  private readonly failures: FailureLog;
  private readonly clock: Clock;
  private opening: Promise<void> | undefined;
  private isOpen = false;
  private sendSoon = false;
  private probeBytes = 0;
  /** Since the last batch that was written. */
  private restarts = 0;
  private current: AppError | null = null;

  constructor(
    private readonly settings: FileSettings,
    private readonly options: FileStoreOptions,
  ) {
    this.clock = options.clock ?? systemClock;
    this.worker = new WorkerLives(
      settings,
      (news) => this.hear(news),
      (death) => this.fail(death),
    );
    this.metrics = new FileMetrics(options.metrics);
    this.failures = new FailureLog(options.logger, 'Files cannot be written', () => this.clock.now());
  }

  /** OUTPUT_FULL or OUTPUT_UNUSABLE while nothing can be written; null when a trial has succeeded since. */
  get trouble(): AppError | null {
    return this.current;
  }

  /** Calls `changed` whenever `trouble` comes or goes. */
  onTrouble(changed: () => void): void {
    this.listeners.push(changed);
  }

  /**
   * Opens the folder, and finishes what dead processes left. Never rejects: a folder that cannot be used is `trouble`,
   * and tried again for ever.
   */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.open(resolve));
  }

  /**
   * Resolves when the file is safe, as PROCESSOR_FSYNC says. A message with an identity is written once, however often
   * it comes; one without is looked up by key and content among what a crash left, only when `redelivered`.
   * @throws AppError OUTPUT_FULL, OUTPUT_UNUSABLE (the file may be there all the same; say `redelivered` next time),
   * SHUTTING_DOWN
   */
  write(file: FileToWrite): Promise<WriteOutcome> {
    if (this.stopping.signal.aborted) return Promise.reject(shuttingDown());
    if (this.current) return Promise.reject(this.current);
    const { identity } = file;
    if (identity === null) return this.take(file);
    const twin = this.twins.get(identity);
    if (twin) return twin.then(() => ({ outcome: 'known' }));
    const written = this.take(file).finally(() => this.twins.delete(identity));
    this.twins.set(identity, written);
    return written;
  }

  /** Takes no more, waits for what is in hand, and closes the folder; within 5 s, whatever the disk is at. */
  async stop(): Promise<void> {
    const end = performance.now() + STOP_MS;
    this.stopping.abort();
    do this.send();
    while (this.atWorker.size > 0 && (await isOverBy(Promise.all(this.atWorker), end)));
    this.queue.rejectAll(shuttingDown());
    if (this.opening) await isOverBy(this.opening, end);
    this.isOpen = false;
    await this.worker.close(end);
  }

  /** For tests: the worker thread dies. */
  crash(): Promise<void> {
    return this.worker.crash();
  }

  private take(file: FileToWrite): Promise<WriteOutcome> {
    return new Promise((resolve, reject) => {
      this.queue.push({ file, resolve, reject });
      // All that come in this turn of the event loop go together.
      if (this.sendSoon) return;
      this.sendSoon = true;
      setImmediate(() => {
        this.sendSoon = false;
        this.send();
      });
    });
  }

  private send(): void {
    while (this.isOpen && this.atWorker.size < BATCHES_AT_WORKER && !this.queue.isEmpty) {
      const hand: Promise<void> = this.hand(this.queue.take()).finally(() => {
        this.atWorker.delete(hand);
        this.send();
      });
      this.atWorker.add(hand);
    }
  }

  private async hand(writes: PendingWrite[]): Promise<void> {
    try {
      const { outcomes, syncMs } = await this.worker.write(writes.map(({ file }) => file));
      this.restarts = 0;
      this.metrics.written(outcomes, syncMs);
      writes.forEach(({ resolve }, i) => resolve(outcomes[i]!));
    } catch (thrown) {
      const failure = thrown as WorkerFailure;
      this.fail(failure);
      if (failure.kind !== 'disk') return this.queue.putBack(writes);
      this.probeBytes = Math.max(this.probeBytes, bytesOf(writes));
      this.metrics.failed(writes.length);
      const error = outputError(this.settings.folder, failure);
      for (const { reject } of writes) reject(error);
    }
  }

  /** Opens again: at once when only the worker or its instance is over, after a delay when it is the disk. */
  private fail(failure: WorkerFailure): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.judge(failure);
    this.open();
  }

  private judge(failure: WorkerFailure): void {
    this.restarts += 1;
    if (failure.kind === 'disk' || this.restarts > MOST_RESTARTS) return this.inTrouble(failure);
    this.options.logger.warn(`Writing files begins anew: ${failure.message}.`);
  }

  private open(tried: () => void = () => undefined): void {
    this.opening ??= this.openPatiently(tried).finally(() => (this.opening = undefined));
  }

  private async openPatiently(tried: () => void): Promise<void> {
    const { signal } = this.stopping;
    for (let attempt = 1; !signal.aborted; attempt++) {
      if (this.current) await this.clock.sleep(LEAST_DELAY_MS + backoffMs(attempt, BACKOFF), signal);
      if (signal.aborted) break;
      const isDone = await this.tryToOpen();
      tried();
      if (isDone) return this.send();
    }
    tried();
  }

  private async tryToOpen(): Promise<boolean> {
    try {
      const finished = await this.worker.open(Math.min(this.probeBytes, MOST_PROBE_BYTES));
      this.isOpen = true;
      this.probeBytes = 0;
      this.sayFinished(finished);
      this.failures.succeeded();
      this.setTrouble(null);
      return true;
    } catch (failure) {
      this.judge(failure as WorkerFailure);
      return false;
    }
  }

  private hear(news: News): void {
    if (news.kind === 'finished') this.sayFinished(news.files);
    else if (news.kind === 'swept') this.metrics.forgotten(news.claims);
    else this.fail(new WorkerFailure(news.failure.kind, news.failure.code, news.failure.message));
  }

  private inTrouble(failure: WorkerFailure): void {
    const trouble = outputError(this.settings.folder, failure);
    this.failures.failed(trouble.message.replace(/\.$/, ''));
    this.setTrouble(trouble);
    this.queue.rejectAll(trouble);
  }

  private setTrouble(trouble: AppError | null): void {
    const isNews = this.current?.code !== trouble?.code;
    this.current = trouble;
    if (isNews) for (const listener of this.listeners) listener();
  }

  private sayFinished(files: number): void {
    if (files === 0) return;
    this.metrics.finished(files);
    this.options.logger.info({ files }, `Finished ${files} files that a process had left.`);
  }
}

function shuttingDown(): AppError {
  return new AppError('SHUTTING_DOWN', 'The process is stopping; the message will be delivered again.');
}
