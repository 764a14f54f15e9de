import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse } from '../../http/api-docs.js';
import { ApiErrors, BODY_ERRORS, LARGE_ERRORS } from '../../http/api-errors.js';
import { JsonExample } from '../../http/json-example.js';
import { LetterPageQuery, ResendBody, ResendOneBody } from '../../http/dead-letter-requests.docs.js';

const head = {
  id: '0d9f4c1e-5d52-4c5e-9a1b-0c2d3e4f5a6b',
  exchange: 'expenses_exchange',
  routing_key: 'expense.created',
  message_id: '5b0c1d3e-8d0c-4d40-9c5b-2f6a1f9f8a11',
  reason: { code: 'PAYLOAD_NOT_JSON', message: 'The payload is not JSON (character 7).' },
  attempts: 1,
  first_seen: '2026-01-31T12:00:00.000Z',
  given_up: '2026-01-31T12:00:00.010Z',
  bytes: 9,
};
const resent = { dry_run: false, resent: 1, ids: [head.id], missing: [], more: false };

const ALWAYS = {
  READERS_BUSY: `Too many look at dead letters already. Or: ${LARGE_ERRORS.READERS_BUSY}`,
  EXCHANGE_UNAVAILABLE: 'The broker does not answer, or another process looks at the letters: try again.',
  SHUTTING_DOWN: 'The process stops.',
} as const;
const UNKNOWN = {
  DEAD_LETTER_UNKNOWN: 'There is no such letter.',
} as const;

const theId = ApiParam({ name: 'id', example: head.id });

export function LettersDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Messages that were given up, the oldest first' }),
    LetterPageQuery(),
    JsonExample('A page; `next` is null when nothing follows.', {
      total: 1,
      dead_letters: [head],
      next: null,
    }),
    ApiErrors({ ...ALWAYS, VALIDATION_FAILED: '`limit` or `after` is wrong.' }),
  );
}

export function LetterDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'One of them, with its payload and headers' }),
    theId,
    JsonExample('The payload is text, or `{base64}` where it is not UTF-8.', {
      ...head,
      headers: {},
      payload: '{"id": 7',
    }),
    ApiErrors({ ...ALWAYS, ...UNKNOWN }),
  );
}

const resendErrors = {
  ...BODY_ERRORS,
  ...ALWAYS,
  VALIDATION_FAILED: 'A field is wrong or unknown; nothing was sent.',
} as const;

export function ResendDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Sends letters again: all, or those named',
      description:
        'Back into the queue they died in, with their first routing key and message id, and all attempts before them. `more` asks to be called again.',
    }),
    ResendBody(head.id),
    JsonExample('What was sent again, or (dry run) would be.', resent),
    ApiErrors(resendErrors),
  );
}

export function ResendOneDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Sends one letter again' }),
    theId,
    ResendOneBody(),
    JsonExample('It was sent again.', resent),
    ApiErrors({ ...resendErrors, ...UNKNOWN }),
  );
}

export function DiscardDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Deletes one letter for good' }),
    theId,
    ApiResponse({ status: 204, description: 'It is gone.' }),
    ApiErrors({ ...ALWAYS, ...UNKNOWN }),
  );
}
