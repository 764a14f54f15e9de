import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiQuery, ApiResponse } from '../../../http/api-docs.js';
import { ApiErrors, BODY_ERRORS, LARGE_ERRORS } from '../../../http/api-errors.js';
import { JsonExample } from '../../../http/json-example.js';
import { MONITOR_STATUS, PRIORITIES } from '../../../ports/monitor-store.port.js';
import { ID_PATTERN } from './known-monitor.js';
import {
  BAD_FIELDS,
  BAD_ID,
  CHANGED,
  EditBody,
  monitor,
  monitorSchema,
  OWN_ID,
  REQUIRED,
  STORE,
  theId,
  UNKNOWN,
  watched,
  WRITING,
  written,
} from './monitor.docs.js';

const query = (name: string, schema: object, description?: string) =>
  ApiQuery({ name, required: false, schema, ...(description === undefined ? {} : { description }) });

/** At most 150 characters, none of them U+0000. */
const FILTER_TEXT = { type: 'string', maxLength: 150, pattern: '^[^\\u0000]*$' };
const STATUS_WORDS = [...Object.keys(MONITOR_STATUS), ...Object.values(MONITOR_STATUS).map(String)];

/** Documents `filterQuery`. */
export function FilterQuery(): MethodDecorator {
  return applyDecorators(
    query('active', { type: 'boolean' }),
    query('type', FILTER_TEXT),
    query('status', { type: 'string', enum: STATUS_WORDS }, 'A name, or its number.'),
    query('priority', { type: 'string', enum: [...PRIORITIES] }),
    query('tag', FILTER_TEXT),
    query('search', FILTER_TEXT, 'A part of the name, in any case.'),
  );
}

/** Documents `limit` and `after`, which has the form of `pattern`. */
export function PageQuery(pattern: string): MethodDecorator {
  return applyDecorators(
    query('limit', { type: 'integer', minimum: 1, maximum: 1000, default: 100 }),
    query('after', { type: 'string', pattern }, 'The `next` of the page before.'),
  );
}

export function ListDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Monitors, a page of them',
      description:
        'In the order of their ids: one that is neither created nor deleted meanwhile stands on exactly one page. All filters that are given must fit. A secret of a config is shown as its marker.',
    }),
    FilterQuery(),
    PageQuery(`${ID_PATTERN}|^$`),
    JsonExample('`next` is null when nothing follows.', { monitors: [monitor], next: null }),
    ApiErrors({ ...STORE, ...LARGE_ERRORS, VALIDATION_FAILED: 'A filter, `limit` or `after` is wrong.' }),
  );
}

export function CreateDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Creates a monitor',
      description: 'Its first check is due at once. Published as `monitor.created`.',
    }),
    ApiBody({
      required: true,
      schema: monitorSchema(REQUIRED, OWN_ID) as object,
      examples: { http: { value: written } },
    }),
    ApiResponse({
      status: 201,
      description: 'With `Location` and `ETag`.',
      content: { 'application/json': { example: { ...monitor, status: 2, status_text: 'pending' } } },
    }),
    ApiErrors({
      ...BODY_ERRORS,
      ...WRITING,
      VALIDATION_FAILED: BAD_FIELDS,
      MONITOR_EXISTS: 'There is a monitor of this `id`.',
      MONITORS_FULL: 'There are MONITORS_MAX monitors.',
    }),
  );
}

export function ShowDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'One monitor, what is known of it, and its uptime',
      description:
        '`state` is null before its first result. `uptime`: `ratio` = up / (up + down + pending), null without any of them; a pending check failed too, while maintenance and unknown say nothing of the target. Counted by whole hours (UTC): the one that runs and the 24, 168 or 720 before it.',
    }),
    theId,
    JsonExample('With `ETag`.', watched),
    ApiErrors({ ...UNKNOWN, ...STORE, VALIDATION_FAILED: BAD_ID }),
  );
}

const editing = {
  ...BODY_ERRORS,
  ...UNKNOWN,
  ...CHANGED,
  ...WRITING,
  VALIDATION_FAILED: BAD_FIELDS,
} as const;

export function ReplaceDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Replaces a monitor',
      description:
        'What is left out gets its default, but secrets of the config and the push token, which stay. Published as `monitor.updated`.',
    }),
    theId,
    EditBody(REQUIRED, written),
    JsonExample('As it is now, with `ETag`.', monitor),
    ApiErrors(editing),
  );
}

export function PatchDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Changes fields of a monitor',
      description:
        'What is left out stays; a `config` that is given is the whole one, but for its secrets. Published as `monitor.updated`.',
    }),
    theId,
    EditBody([], { interval: 30, timeout: 10, tags: ['eu', 'shop'] }),
    JsonExample('As it is now, with `ETag`.', {
      ...monitor,
      interval: 30,
      timeout: 10,
      tags: ['eu', 'shop'],
    }),
    ApiErrors(editing),
  );
}

export function DeleteDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Deletes a monitor',
      description: 'With its results and counts. Published as `monitor.deleted`.',
    }),
    theId,
    ApiHeader({ name: 'If-Match', required: false, description: 'The `ETag` of an answer.' }),
    ApiResponse({ status: 204, description: 'It is gone.' }),
    ApiErrors({ ...UNKNOWN, ...CHANGED, ...WRITING, VALIDATION_FAILED: BAD_ID }),
  );
}
