import { AppError } from '../../../core/errors.js';
import { errnoOf } from './look-in-folder.js';

const FULL: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room',
  EDQUOT: 'the quota is used up: raise it, or make room',
};
const UNUSABLE: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there: change its owner or its mode',
  EPERM: 'this user may not write there: change its owner or its mode',
  EROFS: 'it is mounted read-only: name a folder that can be written',
  ENOTDIR: 'there is a file where a folder should be: move it away',
  EEXIST: 'there is a file where a folder should be: move it away',
  EIO: 'the disk fails: look at it, or name a folder on another one',
  EMFILE: 'this process has too many files open: raise its limit (ulimit -n)',
  ENFILE: 'the system has too many files open',
};

/** What the operating system says, as the one who runs the service can use it. */
export function folderError(folder: string, error: unknown): AppError {
  const name = errnoOf(error);
  const reason = FULL[name] ?? UNUSABLE[name] ?? 'it cannot be used';
  return new AppError(
    name in FULL ? 'OUTPUT_FULL' : 'OUTPUT_UNUSABLE',
    `EMITTER_GIVEN_UP_FOLDER ${folder}: ${reason}${name === '' ? '' : ` (${name})`}.`,
    { cause: error },
  );
}

export function tooManyFiles(folder: string, most: number): AppError {
  return new AppError(
    'OUTPUT_FULL',
    `EMITTER_GIVEN_UP_FOLDER ${folder} holds EMITTER_GIVEN_UP_MOST = ${most} files: send them again, discard them, or raise that.`,
  );
}

export function unknownEntry(): AppError {
  return new AppError('GIVEN_UP_UNKNOWN', 'There is no such message among those that were given up.');
}

/** The file is there, but it is not what was written. */
export function damagedEntry(id: string): AppError {
  return new AppError('INTERNAL', `The file of ${id} cannot be read: repair it or discard it.`);
}
