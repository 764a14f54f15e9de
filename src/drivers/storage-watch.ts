import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { Gauge, type Registry } from 'prom-client';
import { PRIVATE_FILE } from '../core/durable-file.js';
import { AppError } from '../core/errors.js';
import { FailureLog } from '../core/failure-log.js';
import { startLoop, type Loop } from '../core/loop.js';

const PROBE_MS = 1_000;
/** A probe finds room where a larger write does not: the trouble is over only when no write has failed for so long. */
const CALM_MS = 5_000;
const PROBE_FILE = 'carillon.probe';
const PROBE_BYTES = 1024 * 1024;
const GAUGE = 'carillon_storage_trouble';

/**
 * Remembers that a file takes no writes until there is room again, which it tries by itself: reads still succeed, and
 * while nobody writes no write would tell that the trouble is over.
 */
export class StorageWatch {
  private error: AppError | null = null;
  private failedAt = 0;
  private probing: Loop | undefined;
  private readonly log: FailureLog;

  constructor(
    private readonly folder: string,
    /** The file's name, as the metric shows it. */
    private readonly file: string,
    logger: Logger,
    metrics: Registry,
  ) {
    this.log = new FailureLog(logger, `${file} takes no writes`);
    gaugeOf(metrics).set({ file }, 0);
    this.show = (value) => gaugeOf(metrics).set({ file }, value);
  }
  private readonly show: (value: number) => void;

  /** Why writes fail; null when they do not. */
  get trouble(): AppError | null {
    return this.error;
  }

  /** A write has failed for want of room, or by the disk's fault. */
  failed(kind: 'full' | 'unusable', reason: string): void {
    this.failedAt = performance.now();
    if (this.error) return;
    const what = kind === 'full' ? 'is full' : `cannot be written (${reason})`;
    const advice = kind === 'full' ? 'Make room' : 'Look at the disk';
    this.error = new AppError(
      kind === 'full' ? 'STORAGE_FULL' : 'STORAGE_UNUSABLE',
      `The disk under ${this.file} in ${this.folder} ${what}: nothing is written. ${advice}; it goes on by itself.`,
    );
    this.show(1);
    this.log.failed(`the disk under ${this.folder} ${what}`, `${advice}; it goes on by itself.`);
    this.probing = startLoop({
      name: `storage-probe ${this.file}`,
      everyMs: PROBE_MS,
      run: () => this.probe(),
      onError: (error) => {
        this.failedAt = performance.now();
        this.log.failed((error as Error).message);
      },
    });
  }

  close(): void {
    void this.probing?.stop();
  }

  private async probe(): Promise<void> {
    await writeProbe(join(this.folder, PROBE_FILE));
    if (performance.now() - this.failedAt < CALM_MS) return;
    this.error = null;
    this.show(0);
    this.log.succeeded();
    void this.probing?.stop();
  }
}

async function writeProbe(path: string): Promise<void> {
  try {
    const file = await open(path, 'w', PRIVATE_FILE);
    try {
      await file.write(Buffer.alloc(PROBE_BYTES));
      await file.sync();
    } finally {
      await file.close();
    }
  } finally {
    await rm(path, { force: true });
  }
}

function gaugeOf(metrics: Registry): Gauge<'file'> {
  const known = metrics.getSingleMetric(GAUGE) as Gauge<'file'> | undefined;
  const help = '1 while a file under DATA_FOLDER takes no writes: the disk is full or broken.';
  return known ?? new Gauge({ name: GAUGE, help, labelNames: ['file'], registers: [metrics] });
}
