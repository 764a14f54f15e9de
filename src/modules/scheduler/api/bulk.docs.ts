import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiQuery, ApiResponse } from '../../../http/api-docs.js';
import { ApiErrors, BODY_ERRORS } from '../../../http/api-errors.js';
import { EXISTING } from './import/import-run.js';
import { monitor, monitorSchema, OWN_ID, REQUIRED, STORE, WRITING, written } from './monitor.docs.js';
import { FilterQuery } from './monitors.docs.js';

const good = { success: true, total: 1, created: 1, replaced: 0, unchanged: 0, skipped: 0, failed: 0 };
const failure = {
  line: 2,
  id: null,
  error: {
    code: 'VALIDATION_FAILED',
    message: 'interval: interval must not be less than 1',
    detail: [{ type: 'min', loc: ['body', 'interval'], msg: 'interval must not be less than 1' }],
    retryable: false,
  },
};
const all = { ...good, ids: [monitor.id], errors: [], errors_left_out: 0 };
const some = {
  ...all,
  success: false,
  total: 2,
  failed: 1,
  ids: [monitor.id, null],
  errors: [failure],
};
const exported = { id: monitor.id, ...written, timeout: 48 };

const answer = (status: number, description: string, example: object) =>
  ApiResponse({ status, description, content: { 'application/json': { example } } });

export function ImportDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Creates or replaces many monitors',
      description:
        'A JSON array (at most BODY_LIMIT bytes), or newline-delimited JSON of any length; at most MONITORS_IMPORT_MAX monitors. A stream is kept whole in TMPDIR first, so that one that is too large or broken off changes nothing. A monitor with an `id` is created under it, or replaces the one that has it; one that says nothing new is `unchanged`. A bad one never changes what becomes of the others: it stands in `errors` (1,000 at most, `errors_left_out` more) with its `index` from 0, or its `line` from 1. `ids` has every monitor’s id in order, null where there is none. Events are published for each. Where none was good the answer is the first one’s error, and has all this as well. Of two of one id the later one wins. Secrets that are markers keep what is there.',
    }),
    ApiQuery({
      name: 'existing',
      required: false,
      schema: { type: 'string', enum: [...EXISTING], default: 'replace' },
      description: 'What becomes of a monitor whose id is there already.',
    }),
    ApiConsumes('application/json', 'application/x-ndjson'),
    ApiBody({
      required: true,
      schema: { type: 'array', items: monitorSchema(REQUIRED, OWN_ID) as object },
      examples: { one: { value: [written] } },
    }),
    answer(200, 'All are as they should be.', all),
    answer(207, 'Some are.', some),
    ApiErrors({
      ...BODY_ERRORS,
      ...WRITING,
      IMPORT_TOO_LARGE: 'More than MONITORS_IMPORT_MAX monitors, or 1 GiB; nothing was done.',
      VALIDATION_FAILED: 'The body is no array, `existing` is wrong, or no monitor is good.',
      STREAM_BROKEN: 'The stream was broken off; nothing was done.',
      BUFFER_FULL: 'Two imports are under way, or too many large bodies.',
      MONITOR_EXISTS: 'With `existing=fail`: all ids are there.',
      MONITORS_FULL: 'There are MONITORS_MAX monitors.',
      MONITOR_CHANGED: 'Somebody else edited it meanwhile.',
      STORAGE_FULL: 'The database, or the folder for temporary files, has no room.',
    }),
  );
}

export function ExportDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'All monitors, as an import takes them',
      description:
        'Written page by page in the order of their ids. Secrets are markers, which an import resolves where the monitor still is; with `secrets=true` they are shown. A transfer without its end (the closing bracket, or the end of its chunks) is not whole.',
    }),
    ApiQuery({
      name: 'format',
      required: false,
      schema: { type: 'string', enum: ['json', 'ndjson'], default: 'json' },
    }),
    ApiQuery({ name: 'secrets', required: false, schema: { type: 'boolean', default: false } }),
    FilterQuery(),
    ApiResponse({
      status: 200,
      description: 'An array, or a line for each.',
      content: {
        'application/json': { example: [exported] },
        'application/x-ndjson': { example: `${JSON.stringify(exported)}\n` },
      },
    }),
    ApiErrors({
      ...STORE,
      READERS_BUSY: 'Eight exports are being written already.',
      VALIDATION_FAILED: 'A filter, `format` or `secrets` is wrong.',
    }),
  );
}
