import { parseInstant } from '../../../core/instant.js';
import { invalid } from '../../../http/validation.js';
import type { Monitor } from '../../../ports/monitor-store.port.js';

/** What a client saw last: one of these ETags, or the `updated_at` of an answer, whole milliseconds. */
export type Expected = { tags: readonly string[] } | { updatedAt: number };

/** Changes with every edit. */
export function etagOf({ updatedAt }: Pick<Monitor, 'updatedAt'>): string {
  return `"${updatedAt}"`;
}

/** From `If-Match`, else `if_updated_at`; null without either, and for `*`. @throws AppError VALIDATION_FAILED */
export function expectedOf(ifMatch: unknown, ifUpdatedAt: string | undefined): Expected | null {
  if (typeof ifMatch === 'string' && ifMatch.trim() !== '*')
    return { tags: ifMatch.split(',').map((tag) => tag.trim().replace(/^W\//, '')) };
  if (ifUpdatedAt === undefined) return null;
  const updatedAt = parseInstant(ifUpdatedAt);
  if (updatedAt !== null) return { updatedAt };
  const msg = 'must be the `updated_at` of an answer';
  throw invalid([{ type: 'datetime_parsing', loc: ['body', 'if_updated_at'], msg }]);
}

/** Databases may keep more than milliseconds, and answers show those only. */
export function isExpected(monitor: Pick<Monitor, 'updatedAt'>, expected: Expected): boolean {
  if ('tags' in expected) return expected.tags.includes(etagOf(monitor));
  return Math.floor(monitor.updatedAt) === expected.updatedAt;
}
