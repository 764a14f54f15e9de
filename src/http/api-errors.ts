import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from './api-docs.js';
import { AppError, ERROR_CODES, type ErrorCode } from '../core/errors.js';
import { errorBody } from './error-body.js';

const errorSchema = {
  type: 'object',
  required: ['statusCode', 'code', 'message', 'detail', 'retryable', 'requestId'],
  properties: {
    statusCode: { type: 'integer' },
    code: { type: 'string', description: 'Stable; what a program looks at.' },
    message: { type: 'string', description: 'For people; may change.' },
    detail: { description: 'A text, or for 422 a list of `{type, loc, msg}`, as FastAPI answers it.' },
    retryable: { type: 'boolean', description: 'Whether the same request may succeed later.' },
    requestId: { type: 'string', description: 'As in the log.' },
  },
};

/** What every route can answer before its own code runs. */
const ALWAYS: Partial<Record<ErrorCode, string>> = {
  HOST_NOT_ALLOWED: 'The Host header names a host that is not served; ALLOWED_HOSTS adds one.',
};

/** What every route with a body can answer. */
export const BODY_ERRORS: Partial<Record<ErrorCode, string>> = {
  MALFORMED_JSON: 'The body is not JSON, or not UTF-8.',
  BAD_REQUEST: 'The body is broken off, or not what Content-Encoding says.',
  BODY_TIMEOUT: 'The body did not arrive within BODY_TIMEOUT_MS.',
  BODY_TOO_LARGE:
    'The body is longer than BODY_LIMIT, or than 256 KiB where the route manages something; also after gunzip.',
  BODY_TOO_COMPLEX:
    'The body has more keys, values or levels than are taken: 1,000 keys, 10,000 values, 200 levels; 100,000 values in a record or an event.',
  UNSUPPORTED_MEDIA_TYPE: 'Content-Type is not JSON.',
  UNSUPPORTED_ENCODING: 'Content-Encoding is neither gzip nor absent.',
};

/** What every route with a `@LargeAnswer()` can answer. */
export const LARGE_ERRORS = {
  READERS_BUSY: 'Too many large answers are being made, or wait for clients that do not read them.',
} satisfies Partial<Record<ErrorCode, string>>;

/** Documents the errors of a route: when each code comes, grouped by status. */
export function ApiErrors(codes: Partial<Record<ErrorCode, string>>): MethodDecorator {
  const byStatus = new Map<number, [ErrorCode, string][]>();
  for (const [code, when] of Object.entries({ ...codes, ...ALWAYS }) as [ErrorCode, string][]) {
    const { status } = ERROR_CODES[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), [code, when]]);
  }
  return applyDecorators(
    ...[...byStatus].map(([status, entries]) =>
      ApiResponse({
        status,
        description: entries.map(([code, when]) => `\`${code}\`: ${when}`).join('\n\n'),
        content: {
          'application/json': {
            schema: errorSchema,
            examples: Object.fromEntries(
              entries.map(([code, when]) => [
                code,
                { value: errorBody(new AppError(code, when), 'k3x9-1c') },
              ]),
            ),
          },
        },
      }),
    ),
  );
}
