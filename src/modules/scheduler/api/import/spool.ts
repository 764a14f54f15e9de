import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError, type ErrorCode } from '../../../../core/errors.js';
import { IdleTimer } from '../../../../core/idle-timer.js';
import { untilAborted } from '../../../../core/until-aborted.js';
import { LineCount } from './line-count.js';
import { tooLarge } from './import-item.js';

/** Of one import: far more than its monitors can be. */
const MOST_BYTES = 256 * 1024 * 1024;

export interface SpoolLimits {
  /** The most lines that are not blank. */
  lines: number;
  /** How long the next piece may take to arrive, milliseconds. */
  stallMs: number;
  /** How long all of it may take, milliseconds: who sends a byte now and then keeps others from their imports. */
  wholeMs: number;
  stopping: AbortSignal;
}

/** A streamed import, whole: nothing of it is done before it is known how large it is. */
export interface Spool {
  chunks(): AsyncIterable<Buffer>;
  dispose(): Promise<void>;
}

/**
 * Keeps a body in a file of TMPDIR that only this process sees, and that is gone with it: it may hold secrets.
 * @throws AppError IMPORT_TOO_LARGE, BODY_TIMEOUT, STREAM_BROKEN, SHUTTING_DOWN, STORAGE_FULL
 */
export async function spool(body: Readable, limits: SpoolLimits): Promise<Spool> {
  const file = await openHidden();
  try {
    await fill(file, body, limits);
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    chunks: () => file.createReadStream({ start: 0, autoClose: false }) as AsyncIterable<Buffer>,
    dispose: () => file.close(),
  };
}

async function fill(
  file: FileHandle,
  body: Readable,
  { lines, stallMs, wholeMs, stopping }: SpoolLimits,
): Promise<void> {
  const stall = new IdleTimer(stallMs);
  const whole = AbortSignal.timeout(wholeMs);
  const count = new LineCount();
  let bytes = 0;
  try {
    for await (const chunk of untilAborted(body, AbortSignal.any([stopping, stall.signal, whole]))) {
      stall.start();
      bytes += chunk.length;
      if (count.add(chunk) > lines) throw tooLarge(lines);
      if (bytes > MOST_BYTES) throw tooLong();
      await file.write(chunk).catch(unwritable);
    }
  } finally {
    stall.stop();
  }
  throwIfCut(stopping, 'SHUTTING_DOWN', 'The service stops');
  throwIfCut(stall.signal, 'BODY_TIMEOUT', 'No more of the body came within BODY_TIMEOUT_MS');
  throwIfCut(whole, 'BODY_TIMEOUT', `The body did not come within ${wholeMs / 60_000} minutes: divide it`);
}

function tooLong(): AppError {
  const text = `An import has at most ${MOST_BYTES / 1024 / 1024} MiB, also after gunzip: nothing was taken. Divide it.`;
  return new AppError('IMPORT_TOO_LARGE', text);
}

function throwIfCut({ aborted }: AbortSignal, code: ErrorCode, why: string): void {
  if (aborted) throw new AppError(code, `${why}; nothing of the import was done.`);
}

async function openHidden(): Promise<FileHandle> {
  const path = join(tmpdir(), `carillon-import-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600).catch(unwritable);
  await unlink(path).catch(() => undefined);
  return file;
}

function unwritable(cause: unknown): never {
  const { code } = cause as NodeJS.ErrnoException;
  const text = `The folder for temporary files (TMPDIR) takes no import (${code}); nothing of it was done.`;
  throw new AppError('STORAGE_FULL', text, { cause });
}
