import { AppError } from '../../../core/errors.js';
import { invalid } from '../../../http/validation.js';
import type { Monitor, MonitorStore } from '../../../ports/monitor-store.port.js';

/** @throws AppError VALIDATION_FAILED where the database cannot hold such an id, MONITOR_UNKNOWN */
export async function knownMonitor(store: MonitorStore, id: string): Promise<Monitor> {
  checkId(store, id, ['path', 'id']);
  const [monitor] = await store.get([id]);
  if (!monitor) throw unknownMonitor();
  return monitor;
}

export function unknownMonitor(): AppError {
  return new AppError('MONITOR_UNKNOWN', 'There is no monitor of this id.');
}

/** Ids of any database: a UUID, or 24 hexadecimal digits on MongoDB. */
export const ID_PATTERN = '^(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{24})$';

/** @throws AppError VALIDATION_FAILED */
export function checkId(store: MonitorStore, id: string, loc: (string | number)[]): void {
  if (store.isId(id)) return;
  const msg = 'has not the form of this database’s ids: a UUID, or 24 hexadecimal digits on MongoDB';
  throw invalid([{ type: 'id_form', loc, msg }]);
}
