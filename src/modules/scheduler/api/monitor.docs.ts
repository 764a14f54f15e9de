import { applyDecorators } from '@nestjs/common';
import type { ErrorCode } from '../../../core/errors.js';
import { ApiBody, ApiHeader, ApiParam } from '../../../http/api-docs.js';
import { PRIORITIES } from '../../../ports/monitor-store.port.js';
import { INSTANT_PATTERN } from '../../../core/instant.js';
import { LONGEST_S, MOST_RETRIES, MOST_TAGS } from './fields/monitor-body.js';
import { ID_PATTERN } from './known-monitor.js';

export const written = {
  name: 'shop',
  type: 'http',
  interval: 60,
  config: { url: 'https://shop.example.org/health', authMethod: 'basic', basic_auth_user: 'probe' },
};

export const monitor = {
  id: '3f0e2b7c-6a51-4c3e-9d0a-2f4f1f6a7b11',
  ...written,
  timeout: 48,
  max_retries: 0,
  retry_interval: 60,
  resend_interval: 0,
  active: true,
  cron: null,
  timezone: null,
  priority: 'default',
  tags: ['eu'],
  maintenance_until: null,
  status: 1,
  status_text: 'up',
  created_at: '2026-01-31T12:00:00.000Z',
  updated_at: '2026-01-31T12:00:00.000Z',
  config: { ...written.config, basic_auth_pass: '********' },
  proxy_id: null,
  push_token: null,
};

const share = { ratio: 0.99, up: 99, down: 1, pending: 0, maintenance: 0, unknown: 0 };
export const watched = {
  ...monitor,
  state: {
    since: '2026-01-31T12:00:00.000Z',
    failures: 0,
    last_status: 'up',
    last_planned_at: '2026-01-31T13:40:00.000Z',
    last_at: '2026-01-31T13:40:00.120Z',
    latency_ms: 31.5,
    message: '200 OK',
    silent_since: null,
  },
  uptime: { '24h': share, '7d': share, '30d': share, latency_ms_24h: 33.1 },
};

const seconds = (minimum: number, description: string) => ({
  type: 'integer',
  minimum,
  maximum: LONGEST_S,
  description,
});
const text = (rules: object, description: string) => ({
  type: 'string',
  ...rules,
  nullable: true,
  description,
});

/** Without control characters. */
const PLAIN = '^[^\\u0000-\\u001f\\u007f-\\u009f]*$';
/** The same, with one character at least that is not white space. */
const PLAIN_VISIBLE =
  '^[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\s\\u0000-\\u001f\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]*$';

const properties = {
  name: { type: 'string', minLength: 1, maxLength: 150, pattern: PLAIN_VISIBLE },
  type: { type: 'string', minLength: 1, maxLength: 20, description: 'One of `GET /checks`.' },
  interval: seconds(1, 'Seconds from one check to the next. With `cron`: what staleness is measured by.'),
  config: {
    type: 'object',
    description:
      'As the schema of its type in `GET /checks` says; its JSON as a text is taken too. A secret that is left out, or given as its marker, stays as it was; null takes it away.',
  },
  timeout: {
    ...seconds(
      1,
      'Less than the interval; 0.8 of it, in whole seconds, when it is left out. With an interval of 1 it is 1.',
    ),
    maximum: LONGEST_S - 1,
  },
  max_retries: { type: 'integer', minimum: 0, maximum: MOST_RETRIES, default: 0 },
  retry_interval: seconds(1, 'The interval when it is left out.'),
  resend_interval: { ...seconds(0, 'Seconds between reminders while it is down; 0: none.'), default: 0 },
  active: { type: 'boolean', default: true },
  proxy_id: text({ pattern: `${ID_PATTERN}|^$` }, 'Kept for others who use the table.'),
  push_token: text(
    { pattern: '^(?:[A-Za-z0-9_-]{8,255}|[*]{8})$' },
    'Of type push: the end of its URL. A new one when it is left out and there was none. Answers show it when it is new, later `********`, which as a value keeps the one that is there.',
  ),
  cron: text(
    { minLength: 1, maxLength: 200 },
    'A cron line instead of the interval: five fields, or six with the second first.',
  ),
  timezone: text(
    { minLength: 1, maxLength: 64 },
    'IANA name for the cron line; SCHEDULER_TIMEZONE without it.',
  ),
  priority: { type: 'string', enum: [...PRIORITIES], default: 'default' },
  tags: {
    type: 'array',
    maxItems: MOST_TAGS,
    items: { type: 'string', minLength: 1, maxLength: 50, pattern: PLAIN },
  },
  maintenance_until: {
    type: 'string',
    pattern: INSTANT_PATTERN,
    nullable: true,
    description: 'Until then results count as maintenance.',
  },
};

/** The form of a monitor that somebody writes. */
export const monitorSchema = (required: string[], more: object = {}) => ({
  type: 'object',
  required,
  additionalProperties: false,
  properties: { ...properties, ...more },
});

export const REQUIRED = ['name', 'type', 'interval', 'config'];
export const OWN_ID = {
  id: { type: 'string', pattern: ID_PATTERN, description: 'Its id, instead of a new one.' },
};
const IF_UPDATED = {
  if_updated_at: {
    type: 'string',
    pattern: INSTANT_PATTERN,
    description: 'Only when `updated_at` is this still.',
  },
};

export const theId = ApiParam({
  name: 'id',
  schema: { type: 'string', pattern: ID_PATTERN, example: monitor.id },
});

/** The body of an edit, and what it may be bound to. */
export function EditBody(required: string[], example: object): MethodDecorator {
  return applyDecorators(
    ApiHeader({ name: 'If-Match', required: false, description: 'The `ETag` of an answer.' }),
    ApiBody({
      required: true,
      description:
        'What answers show besides (`status`, `state`, …) is passed over: a monitor may be sent back whole.',
      schema: monitorSchema(required, IF_UPDATED) as object,
      examples: { edit: { value: example } },
    }),
  );
}

type Errors = Partial<Record<ErrorCode, string>>;

export const STORE: Errors = {
  MONITOR_STORE_UNAVAILABLE: 'The database does not answer.',
  SHUTTING_DOWN: 'The process stops.',
};
export const WRITING: Errors = {
  ...STORE,
  STORAGE_FULL: 'The database has no room.',
  OUTCOME_UNKNOWN: 'The database did not answer: read whether it was written.',
};
export const UNKNOWN: Errors = { MONITOR_UNKNOWN: 'There is no such monitor.' };
export const CHANGED: Errors = {
  MONITOR_CHANGED: 'It was edited since, or is edited all the time.',
};
export const BAD_ID = 'The id has not the form of this database’s ids.';
export const BAD_FIELDS =
  'A field is missing, wrong or unknown, or fields do not fit together; `detail` lists all. Nothing was written.';
