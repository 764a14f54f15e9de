import { AppError } from '../../core/errors.js';
import { PUBLISHED } from './protocol.js';
import { troubleError } from './trouble-error.js';
import { Trouble } from './trouble.js';

export function publishBufferFull(): AppError {
  return new AppError('BUFFER_FULL', 'Too many messages wait for the disk; try again.', { retryAfterS: 1 });
}

export function stopping(): AppError {
  return new AppError('SHUTTING_DOWN', 'The service stops; the message was not published.');
}

export function publishedTooLate(): AppError {
  return new AppError('EXCHANGE_UNAVAILABLE', 'The embedded exchange did not get to the message in time.');
}

export function publishUnknown(): AppError {
  return new AppError(
    'OUTCOME_UNKNOWN',
    'The embedded exchange did not answer in time; the message may have been published.',
  );
}

export function messageTooLarge(limit: number): AppError {
  return new AppError(
    'MESSAGE_TOO_LARGE',
    `The message is over the limit of ${limit} bytes, which EMBEDDED_MAX_MESSAGE_BYTES sets.`,
  );
}

/** Why one message was not taken, of PUBLISHED. */
export function notPublished(outcome: number): AppError {
  if (outcome === PUBLISHED.unroutable)
    return new AppError('UNROUTABLE', 'No queue is bound for this routing key; the message is nowhere.');
  return new AppError(
    'BUFFER_FULL',
    'The queues hold EMBEDDED_MAX_MESSAGES messages; consume them, or send again or discard dead letters.',
    { retryAfterS: 5 },
  );
}

/** What an exchange says of trouble with its worker while it writes. */
export function writeErrorOf(trouble: Trouble): AppError {
  return troubleError(trouble, 'exchange', 'EXCHANGE_UNAVAILABLE');
}

/** The same where nobody cares whether it was heard: it is asked again, or only reads. */
export function askErrorOf(trouble: Trouble): AppError {
  return writeErrorOf(trouble.kind === 'died' ? new Trouble('down', trouble.message) : trouble);
}
