import { AppError } from '../../../core/errors.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(id: string): boolean {
  return UUID.test(id);
}

/** Each once; without those that nothing can have. */
export function possible(ids: readonly string[]): string[] {
  return [...new Set(ids)].filter(isUuid);
}

/** @throws AppError VALIDATION_FAILED, MONITOR_EXISTS for one that comes twice */
export function checkNewIds(ids: readonly string[]): void {
  if (!ids.every(isUuid)) throw new AppError('VALIDATION_FAILED', 'id must be a UUID, or be left out.');
  if (new Set(ids.map((id) => id.toLowerCase())).size < ids.length) throw exists();
}

export function exists(): AppError {
  return new AppError('MONITOR_EXISTS', 'A monitor has this id already; leave id out, or take another.');
}
