import { IfGiven } from './checked-body.js';
import { ArrayMaxSize, IsArray, IsBoolean, IsString, MaxLength } from './field-rules.js';
import { invalid, queryInt, type FieldError } from './validation.js';

/** The most dead letters of one page, and that one request names. */
const MOST_LETTERS = 1000;

/** Which dead letters to send again: `{}` or no `ids` means all. */
export class ResendRequest {
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(MOST_LETTERS)
  @IsString({ each: true })
  @MaxLength(200, { each: true })
  ids?: string[];

  @IfGiven()
  @IsBoolean()
  dry_run?: boolean;
}

/** Which page of a list. @throws AppError VALIDATION_FAILED */
export function letterPage(query: Record<string, unknown>): { limit: number; after: string | null } {
  const errors: FieldError[] = [];
  const limit = queryInt(query, 'limit', { min: 1, max: MOST_LETTERS, fallback: 100 }, errors);
  if (errors.length > 0) throw invalid(errors);
  return { limit, after: typeof query.after === 'string' && query.after !== '' ? query.after : null };
}
