import { AppError } from '../../core/errors.js';
import type { Trouble } from './trouble.js';

export function bufferFull(): AppError {
  return new AppError('BUFFER_FULL', 'Too many records wait for the disk; try again.', { retryAfterS: 1 });
}

export function shuttingDown(): AppError {
  return new AppError('SHUTTING_DOWN', 'The service stops; the record was not written.');
}

export function notInTime(): AppError {
  return new AppError('RECORD_LOG_UNAVAILABLE', 'The embedded log did not get to the record in time.');
}

export function outcomeUnknown(): AppError {
  return new AppError(
    'OUTCOME_UNKNOWN',
    'The embedded log did not answer in time; the record may have been written.',
  );
}

/** What a record log says of trouble with its worker. */
export function errorOf({ kind, message }: Trouble): AppError {
  switch (kind) {
    case 'full':
      return new AppError('STORAGE_FULL', 'The disk under DATA_FOLDER is full; nothing was written.');
    case 'died':
      return new AppError(
        'OUTCOME_UNKNOWN',
        'The embedded log broke off while it wrote; the record may have been written.',
      );
    case 'down':
    case 'failed':
      return new AppError('RECORD_LOG_UNAVAILABLE', `The embedded log cannot do this now: ${message}.`);
  }
}

/** The same of a question that only reads: nobody cares whether it was heard. */
export function readErrorOf(trouble: Trouble): AppError {
  return errorOf(trouble.kind === 'died' ? { ...trouble, kind: 'down' } : trouble);
}
