import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse } from '../../http/api-docs.js';
import { ApiErrors, BODY_ERRORS, LARGE_ERRORS } from '../../http/api-errors.js';
import { JsonExample } from '../../http/json-example.js';
import { LetterPageQuery, ResendBody, ResendOneBody } from '../../http/dead-letter-requests.docs.js';

const head = {
  id: '20260131T120000000Z_propagator-1f2e3d4c-1769860800000',
  emitter: 'propagator',
  key: 'propagator-1f2e3d4c-1769860800000',
  planned_at: '2026-01-31T12:00:00.000Z',
  given_up_at: '2026-01-31T12:00:00.900Z',
  end: 'given_up',
  reason: 'answered 503; all 5 attempts are used',
  attempts: 5,
  status: 503,
  may_have_arrived: true,
};
const resent = { dry_run: false, resent: 1, ids: [head.id], missing: [], failed: [], stopped: null };

const theName = ApiParam({ name: 'name', example: head.emitter });
const theId = ApiParam({ name: 'id', example: head.id });
const UNKNOWN = { EMITTER_UNKNOWN: 'There is no such emitter.' } as const;
const GONE = { ...UNKNOWN, GIVEN_UP_UNKNOWN: 'There is no such message.' } as const;
const FOLDER = { OUTPUT_UNUSABLE: 'EMITTER_GIVEN_UP_FOLDER cannot be read.' } as const;

export function EntriesDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Messages that were not delivered, the earliest planned first' }),
    theName,
    LetterPageQuery(),
    JsonExample('A page; `next` is null when nothing follows.', {
      total: 1,
      dead_letters: [head],
      next: null,
    }),
    ApiErrors({ ...UNKNOWN, ...FOLDER, ...LARGE_ERRORS, VALIDATION_FAILED: '`limit` is wrong.' }),
  );
}

export function EntryDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'One of them, with its body' }),
    theName,
    theId,
    JsonExample('The body is text.', { ...head, body: '{"event_type": 1}' }),
    ApiErrors({ ...GONE, ...FOLDER, ...LARGE_ERRORS }),
  );
}

const resendErrors = {
  ...BODY_ERRORS,
  ...UNKNOWN,
  ...FOLDER,
  VALIDATION_FAILED: 'A field is wrong or unknown; nothing was sent.',
  RESEND_IN_PROGRESS: 'Messages of this emitter are being sent again already.',
} as const;

export function ResendDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Sends messages again: all, or those named',
      description:
        'With the key and body they had. A file goes when its message is delivered. One that fails stands in `failed` with its reason, `retryable` when it was not refused, and the next is tried; `stopped` says why a round ended before all were tried: after three in a row that failed so, with an open circuit, after 30 s or 1000 messages.',
    }),
    theName,
    ResendBody(head.id),
    JsonExample('What was delivered, or (dry run) would be sent.', resent),
    ApiErrors(resendErrors),
  );
}

export function ResendOneDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Sends one message again' }),
    theName,
    theId,
    ResendOneBody(),
    JsonExample('It was delivered, or stands in `failed`.', resent),
    ApiErrors({ ...resendErrors, ...GONE }),
  );
}

export function DiscardDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Deletes one message for good' }),
    theName,
    theId,
    ApiResponse({ status: 204, description: 'It is gone.' }),
    ApiErrors({ ...GONE, ...FOLDER }),
  );
}
