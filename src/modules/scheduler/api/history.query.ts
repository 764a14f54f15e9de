import { invalid, queryInt, type FieldError } from '../../../http/validation.js';
import type { StoredResult } from '../../../ports/monitor-store.port.js';

/** Where a page of results ended. */
export interface Place {
  plannedAt: number;
  id: string;
}

/** Of one page. */
const MOST = 1000;
const FORM = /^(\d{1,15}):(.{1,300})$/s;

/** `limit` (100) and `after`, the cursor of the page before. @throws AppError VALIDATION_FAILED */
export function historyQuery(query: Record<string, unknown>): { limit: number; before: Place | null } {
  const errors: FieldError[] = [];
  const limit = queryInt(query, 'limit', { min: 1, max: MOST, fallback: 100 }, errors);
  const { after } = query;
  const before = after === undefined || after === '' ? null : placeOf(after);
  if (before === undefined)
    errors.push({ type: 'cursor', loc: ['query', 'after'], msg: 'must be the `next` of the page before' });
  if (before === undefined || errors.length > 0) throw invalid(errors);
  return { limit, before };
}

/** Opaque to who reads it. */
export function cursorOf({ plannedAt, id }: Pick<StoredResult, 'plannedAt' | 'id'>): string {
  return Buffer.from(`${plannedAt}:${id}`).toString('base64url');
}

function placeOf(cursor: unknown): Place | undefined {
  if (typeof cursor !== 'string' || !/^[\w-]{1,500}$/.test(cursor)) return undefined;
  const [, plannedAt, id] = FORM.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  // eslint-disable-next-line no-control-regex
  if (plannedAt === undefined || id === undefined || /\u0000/.test(id)) return undefined;
  return { plannedAt: Number(plannedAt), id };
}
