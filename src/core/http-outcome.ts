import type { HttpResult } from './http-message.js';

/** `retry`: the same request may succeed later. `refused`: it will not heal by itself. */
export type HttpOutcome = 'delivered' | 'retry' | 'refused';

/** Request Timeout, Too Early, Too Many Requests: the answers below 500 that ask to be asked again. */
const RETRYABLE: ReadonlySet<number> = new Set([408, 425, 429]);

/** What a result means for a message. A redirect is not followed: who posts to a moved address must be told so. */
export function classify(result: HttpResult): HttpOutcome {
  if (result.kind === 'failed') return result.code === 'INVALID_REQUEST' ? 'refused' : 'retry';
  const { status } = result;
  if (status >= 200 && status < 300) return 'delivered';
  return RETRYABLE.has(status) || status >= 500 ? 'retry' : 'refused';
}
