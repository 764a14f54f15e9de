import { AppError } from '../core/errors.js';

/** One wrong field, as FastAPI tells it. */
export interface FieldError {
  type: string;
  loc: (string | number)[];
  msg: string;
}

/** The error of a request with wrong fields. */
export function invalid(detail: FieldError[]): AppError {
  const [first] = detail;
  return new AppError('VALIDATION_FAILED', `${String(first?.loc.at(-1))}: ${first?.msg}`, { detail });
}

/** A whole number of the query, `fallback` without one; what is wrong goes to `errors`. */
export function queryInt(
  query: Record<string, unknown>,
  name: string,
  range: { min: number; max: number; fallback: number },
  errors: FieldError[],
): number {
  const value = query[name];
  if (value === undefined) return range.fallback;
  const parsed = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : -1;
  if (parsed >= range.min && parsed <= range.max) return parsed;
  const msg = `Input should be a whole number from ${range.min} to ${range.max}`;
  errors.push({ type: 'int_parsing', loc: ['query', name], msg });
  return range.fallback;
}
