import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { FileSettings } from '../../../config/processor-settings.js';
import { backoffMs } from '../../../core/backoff.js';
import { systemClock, type Clock } from '../../../core/clock.js';
import type { AppError } from '../../../core/errors.js';
import { isOverBy } from '../../../core/with-deadline.js';
import type { FileToWrite, WriteOutcome } from './file-to-write.js';
import { FileMetrics } from './metrics.js';
import { outputError, shuttingDown, silentError, stuckError } from './output-errors.js';
import { OutputState } from './output-state.js';
import { Watchdog } from './watchdog.js';
import { WorkerFailure, type News } from './worker-link.js';
import { TERMINATE_MS, WorkerLives } from './worker-lives.js';
import { bytesOf, settle, WriteQueue, type PendingWrite } from './write-queue.js';

/** One batch is made durable while the next one is prepared. */
const BATCHES_AT_WORKER = 2;
const BACKOFF = { baseMs: 500, capMs: 14_500 };
const LEAST_DELAY_MS = 500;
/** A trial file is as large as what did not fit, but no larger than this. */
const MOST_PROBE_BYTES = 64 * 1024 * 1024;
/** Ends of the worker in a row, that are not the disk's doing. */
const MOST_RESTARTS = 3;
const STOP_MS = 5_000;
/** A disk that takes longer for a batch is not slow: it hangs. */
const ANSWER_MS = 30_000;
/** The start of the process waits for it. */
const OPEN_MS = 10_000;

export interface FileStoreOptions {
  logger: Logger;
  metrics: Registry;
  clock?: Clock;
  /** So long the disk may be without an answer for a batch, or for an opening, milliseconds. */
  answerMs?: number;
  openMs?: number;
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
  private readonly atWorker = new Map<Promise<void>, readonly PendingWrite[]>();
  private readonly stopping = new AbortController();
  private readonly metrics: FileMetrics;
  private readonly state: OutputState;
  private readonly watchdog: Watchdog;
  private readonly clock: Clock;
  private opening: Promise<void> | undefined;
  private isOpen = false;
  private sendSoon = false;
  private probeBytes = 0;
  /** Since the last batch that was written. */
  private restarts = 0;
  /** Tells `start` that there is something to know. */
  private tried: () => void = () => undefined;

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
    this.state = new OutputState(options.logger, () => this.clock.now());
    this.watchdog = new Watchdog(
      (ms) => this.lookSilent(ms),
      () => this.state.answers(),
    );
  }

  /** OUTPUT_FULL or OUTPUT_UNUSABLE while nothing can be written; null when a trial has succeeded since. */
  get trouble(): AppError | null {
    return this.state.trouble;
  }

  /** Calls `changed` whenever `trouble` comes or goes. */
  onTrouble(changed: () => void): void {
    this.state.onTrouble(changed);
  }

  /**
   * Opens the folder, and finishes what dead processes left. Resolves after 10 s at most, and never rejects: a folder
   * that cannot be used is `trouble`, and tried again for ever.
   */
  async start(): Promise<void> {
    const tried = new Promise<void>((resolve) => (this.tried = resolve));
    this.open();
    await tried;
  }

  /**
   * Resolves when the file is safe, as PROCESSOR_FSYNC says. A message with an identity is written once, however often
   * it comes; one without is looked up by key and content among what a crash left, only when `redelivered`.
   * @throws AppError OUTPUT_FULL, OUTPUT_UNUSABLE (the file may be there all the same; say `redelivered` next time),
   * SHUTTING_DOWN (likewise), MESSAGE_TOO_LARGE (the file system takes no such file)
   */
  write(file: FileToWrite): Promise<WriteOutcome> {
    if (this.stopping.signal.aborted) return Promise.reject(shuttingDown());
    if (this.trouble) return Promise.reject(this.trouble);
    const { identity } = file;
    if (identity === null) return this.take(file);
    const twin = this.twins.get(identity);
    if (twin) return twin.then(() => ({ outcome: 'known' }));
    const written = this.take(file).finally(() => this.twins.delete(identity));
    this.twins.set(identity, written);
    return written;
  }

  /**
   * Takes no more, waits for what is in hand, and closes the folder; within `ms` (never less than half a second),
   * whatever the disk is at. What has no answer by then is rejected with SHUTTING_DOWN.
   * @throws AppError OUTPUT_UNUSABLE when the disk holds the thread: process.exit would wait for it, too
   */
  async stop(ms = STOP_MS): Promise<void> {
    const end = performance.now() + ms - TERMINATE_MS;
    this.stopping.abort();
    do this.send();
    while (this.atWorker.size > 0 && (await isOverBy(Promise.all(this.atWorker.keys()), end)));
    this.queue.rejectAll(shuttingDown());
    const doubtful = [...this.atWorker.values()].flat();
    for (const { reject } of doubtful) reject(shuttingDown());
    this.metrics.failed(doubtful.length);
    if (this.opening) await isOverBy(this.opening, end);
    this.isOpen = false;
    if (!(await this.worker.close(end))) throw stuckError(this.settings.folder, doubtful.length);
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
      const writes = this.queue.take();
      const handed = this.watchdog.watch(this.hand(writes), this.options.answerMs ?? ANSWER_MS);
      const hand: Promise<void> = handed.finally(() => {
        this.atWorker.delete(hand);
        this.send();
      });
      this.atWorker.set(hand, writes);
    }
  }

  private async hand(writes: PendingWrite[]): Promise<void> {
    try {
      const { outcomes, syncMs } = await this.worker.write(writes.map(({ file }) => file));
      this.restarts = 0;
      this.metrics.written(outcomes, syncMs);
      writes.forEach((write, i) => settle(write, outcomes[i]!));
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

  /** What waits can go elsewhere; what the worker has may still be written, so it stays. */
  private lookSilent(ms: number): void {
    const error = silentError(this.settings.folder, ms);
    this.state.isSilent(error);
    this.queue.rejectAll(error);
    this.tried();
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
    if (failure.kind !== 'disk' && this.restarts <= MOST_RESTARTS)
      return this.options.logger.warn(`Writing files begins anew: ${failure.message}.`);
    const error = outputError(this.settings.folder, failure);
    this.state.failed(error);
    this.queue.rejectAll(error);
  }

  private open(): void {
    this.opening ??= this.openPatiently().finally(() => (this.opening = undefined));
  }

  private async openPatiently(): Promise<void> {
    const { signal } = this.stopping;
    for (let attempt = 1; !signal.aborted && !this.isOpen; attempt++) {
      if (this.trouble) await this.clock.sleep(LEAST_DELAY_MS + backoffMs(attempt, BACKOFF), signal);
      if (signal.aborted) break;
      await this.watchdog.watch(this.tryToOpen(), this.options.openMs ?? OPEN_MS);
      this.tried();
    }
    this.tried();
    this.send();
  }

  private async tryToOpen(): Promise<void> {
    try {
      const finished = await this.worker.open(Math.min(this.probeBytes, MOST_PROBE_BYTES));
      this.isOpen = true;
      this.probeBytes = 0;
      this.sayFinished(finished);
      this.state.works();
    } catch (failure) {
      this.judge(failure as WorkerFailure);
    }
  }

  private hear(news: News): void {
    if (news.kind === 'finished') this.sayFinished(news.files);
    else if (news.kind === 'swept') this.metrics.forgotten(news.claims);
    else this.fail(new WorkerFailure(news.failure.kind, news.failure.code, news.failure.message));
  }

  private sayFinished(files: number): void {
    if (files === 0) return;
    this.metrics.finished(files);
    this.options.logger.info({ files }, `Finished ${files} files that a process had left.`);
  }
}
