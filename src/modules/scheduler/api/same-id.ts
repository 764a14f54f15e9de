import { invalid } from '../../../http/validation.js';

/** A monitor may be sent back whole, to its own path. @throws AppError VALIDATION_FAILED */
export function sameId(id: string, body: { id?: string }): void {
  if (body.id === undefined || body.id.toLowerCase() === id.toLowerCase()) return;
  throw invalid([{ type: 'id_mismatch', loc: ['body', 'id'], msg: 'is not the id of the path' }]);
}
