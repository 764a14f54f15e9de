import { AppError } from '../../core/errors.js';
import { troubleError } from './trouble-error.js';
import { Trouble } from './trouble.js';

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
export function errorOf(trouble: Trouble): AppError {
  return troubleError(trouble, 'log', 'RECORD_LOG_UNAVAILABLE');
}

/** The same of a question that only reads: nobody cares whether it was heard. */
export function readErrorOf(trouble: Trouble): AppError {
  return errorOf(trouble.kind === 'died' ? new Trouble('down', trouble.message) : trouble);
}
