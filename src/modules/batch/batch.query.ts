import { AppError } from '../../core/errors.js';

/** `?wait=`: true unless `false`. @throws AppError VALIDATION_FAILED */
export function waitOf(wait: unknown): boolean {
  if (wait === undefined || wait === 'true') return true;
  if (wait === 'false') return false;
  const detail = [{ type: 'bool_parsing', loc: ['query', 'wait'], msg: 'Input should be true or false' }];
  throw new AppError('VALIDATION_FAILED', 'wait: Input should be true or false', { detail });
}
