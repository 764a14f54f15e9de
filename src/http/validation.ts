import { AppError } from '../core/errors.js';

/** One wrong field, as FastAPI tells it. */
export interface FieldError {
  type: string;
  loc: (string | number)[];
  msg: string;
}

/** Characters of a field's name, and of what is wrong with it. */
const LONGEST_TOLD = 300;
/** In one answer. */
export const MOST_FIELD_ERRORS = 20;

/** The error of a request with wrong fields; it tells of the first 20, and how many there are. */
export function invalid(errors: FieldError[]): AppError {
  const [first] = errors;
  const rest = errors.length - MOST_FIELD_ERRORS;
  const more = rest > 0 ? ` (and ${rest} more errors than the ${MOST_FIELD_ERRORS} in detail)` : '';
  const message = `${shortened(String(first?.loc.at(-1)))}: ${shortened(first?.msg ?? '')}${more}`;
  const detail = errors.slice(0, MOST_FIELD_ERRORS).map(({ type, loc, msg }) => ({
    type,
    loc: loc.map((step) => (typeof step === 'string' ? shortened(step) : step)),
    msg: shortened(msg),
  }));
  return new AppError('VALIDATION_FAILED', message, { detail });
}

/** An unknown key is told by its name, which may be as long as a body. */
function shortened(text: string): string {
  return text.length <= LONGEST_TOLD ? text : `${text.slice(0, LONGEST_TOLD)}…`;
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
