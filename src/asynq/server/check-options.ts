import { InvalidInputError } from '../errors.js';
import type { ServerOptions } from './options.js';

/** @throws InvalidInputError that names the field */
export function checkOptions({ queues, concurrency }: Pick<ServerOptions, 'queues' | 'concurrency'>): void {
  const names = Object.keys(queues);
  if (names.length === 0) throw new InvalidInputError('queues must name at least one queue.');
  for (const name of names) {
    if (name.trim() === '' || !name.isWellFormed())
      throw new InvalidInputError('queues must have names that are not blank and well-formed Unicode.');
    if (!isPositive(queues[name]))
      throw new InvalidInputError(`queues.${name} must be a whole number, 1 or more: its weight.`);
  }
  if (!isPositive(concurrency)) throw new InvalidInputError('concurrency must be a whole number, 1 or more.');
}

function isPositive(value: number | undefined): boolean {
  return Number.isSafeInteger(value) && value! >= 1;
}
