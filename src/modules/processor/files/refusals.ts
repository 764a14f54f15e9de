import { AppError } from '../../../core/errors.js';

/** What is the fault of one message, not of the disk. */
const REFUSED: Readonly<Record<string, string>> = {
  EFBIG: 'The file of this message is larger than its file system, or a limit (ulimit -f), allows',
  ENAMETOOLONG:
    'The routing key of this message makes a file whose name is longer than the file system allows',
};

export function isOfTheMessage(code: string | undefined): code is string {
  return code !== undefined && code in REFUSED;
}

export function refusal(code: string): AppError {
  return new AppError('MESSAGE_TOO_LARGE', `${REFUSED[code]} (${code}).`);
}
