import { AppError, type ErrorCode } from '../../core/errors.js';
import type { Trouble } from './trouble.js';

/** What a port on DATA_FOLDER says of trouble with its worker while it writes. `who`: `log`, `exchange`. */
export function troubleError({ kind, message }: Trouble, who: string, unavailable: ErrorCode): AppError {
  switch (kind) {
    case 'full':
      return new AppError('STORAGE_FULL', 'The disk under DATA_FOLDER is full; nothing was written.');
    case 'died':
      return new AppError(
        'OUTCOME_UNKNOWN',
        `The embedded ${who} broke off while it wrote; this may have been done.`,
      );
    case 'down':
    case 'failed':
      return new AppError(unavailable, `The embedded ${who} cannot do this now: ${message}.`);
  }
}
