import { AppError } from '../../../core/errors.js';
import type { WorkerFailure } from './worker-link.js';

/** The disk has no room, or does not take what it is given. */
const FULL: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room',
  EDQUOT: 'the quota is used up: make room, or raise it',
  EIO: 'the disk reports an input/output error: look at it',
  EROFS: 'the disk is read-only: mount it for writing',
  EFBIG: 'the ledger is larger than the file system, or a limit (ulimit -f), allows',
  ENOMEM: 'the system is out of memory',
};

const UNUSABLE: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there: change its owner or its mode',
  EPERM: 'this user may not write there, or its file system has no hard links',
  ENOTSUP: 'its file system has no hard links, which tell which message ids were written: use another',
  ENOSYS: 'its file system has no hard links, which tell which message ids were written: use another',
  ENOENT: 'the folder is not there: bring it back',
  ENOTDIR: 'there is a file where a folder should be: move it away',
  EEXIST: 'there is a file where a folder should be: move it away',
  EMFILE: 'this process has too many files open: raise its limit (ulimit -n)',
  ENFILE: 'the system has too many files open',
  ESTALE: 'the network file system has lost it: mount it again',
};

/** What the operating system says about OUTPUT_FOLDER, as the one who runs it can use it. */
export function outputError(folder: string, { code, message }: WorkerFailure): AppError {
  const full = FULL[code ?? ''];
  const reason = full ?? UNUSABLE[code ?? ''] ?? message;
  const name = code === undefined ? '' : ` (${code})`;
  return new AppError(
    full === undefined ? 'OUTPUT_UNUSABLE' : 'OUTPUT_FULL',
    `OUTPUT_FOLDER ${folder}: ${reason}${name}. Writing goes on by itself afterwards.`,
  );
}

/** After so many milliseconds. */
export function silentError(folder: string, ms: number): AppError {
  return new AppError(
    'OUTPUT_UNUSABLE',
    `OUTPUT_FOLDER ${folder}: the disk does not answer (for ${ms / 1000} s): look at it, or at the network between. Writing goes on by itself afterwards.`,
  );
}

/** What was in hand when the process had to end: `files` of them. */
export function stuckError(folder: string, files: number): AppError {
  return new AppError(
    'OUTPUT_UNUSABLE',
    `OUTPUT_FOLDER ${folder}: the disk did not answer in time, and holds its thread, so that only SIGKILL ends the process; ${files} files are in doubt, and their messages will be delivered again.`,
  );
}

export function shuttingDown(): AppError {
  return new AppError('SHUTTING_DOWN', 'The process is stopping; the message will be delivered again.');
}
