import { Ajv, type ErrorObject } from 'ajv';
import { MOST_FIELD_ERRORS, type FieldError } from '../http/validation.js';

/** Kafka's rule for a topic's name. */
export const TOPIC_PATTERN = '^[a-zA-Z0-9._-]+$';

/** A record as a client sends it. Fields that are not named here are ignored, as the FastAPI server did. */
export const recordSchema = {
  type: 'object',
  required: ['topic', 'message'],
  properties: {
    topic: {
      type: 'string',
      minLength: 1,
      maxLength: 249,
      pattern: TOPIC_PATTERN,
      not: { enum: ['.', '..'] },
      description: 'Letters, digits, `.`, `_` and `-`; created at first use where the log may create it.',
    },
    key: {
      type: 'string',
      nullable: true,
      format: 'well-formed',
      description: 'Records with the same key keep their order: they go to one partition.',
    },
    message: { description: 'Any JSON value; `null` is a tombstone.' },
    partition: {
      type: 'integer',
      nullable: true,
      minimum: 0,
      maximum: 2_147_483_647,
      description: 'Chosen by the key, or freely without one, when absent.',
    },
    headers: {
      type: 'object',
      nullable: true,
      additionalProperties: { type: 'string', format: 'well-formed' },
      description: 'Record headers: text by name.',
    },
    timestamp: {
      anyOf: [
        { type: 'integer', minimum: 0, maximum: 8_640_000_000_000_000 },
        { type: 'string', format: 'instant' },
        { type: 'null' },
      ],
      description:
        'The record’s time: milliseconds since the Unix epoch, or ISO 8601 with a zone. Now when absent.',
    },
  },
} as const;

export const RECORD_FIELDS = Object.keys(recordSchema.properties);

/** A record that passed the schema. */
export interface RecordBody {
  topic: string;
  key?: string | null;
  message: unknown;
  partition?: number | null;
  headers?: Record<string, string> | null;
  timestamp?: number | string | null;
}

const INSTANT = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

const ajv = new Ajv({ allErrors: true, strict: false, validateSchema: false });
ajv.addFormat('well-formed', (value: string) => value.isWellFormed());
ajv.addFormat('instant', isInstant);
// One error however many headers are wrong: allErrors would make one of each.
ajv.addKeyword({
  keyword: 'texts',
  type: 'object',
  validate: (_: boolean, headers: object) => areTexts(headers),
  errors: false,
});
const { headers: _documented, ...otherProperties } = recordSchema.properties;
const isRecord = ajv.compile<RecordBody>({
  ...recordSchema,
  properties: { ...otherProperties, headers: { type: 'object', nullable: true, texts: true } },
});

/** From 1970 on, as Kafka has it, and on a day that exists: Date.parse makes March of the 30th of February. */
function isInstant(text: string): boolean {
  const day = INSTANT.exec(text)?.[1];
  if (day === undefined || !(Date.parse(text) >= 0)) return false;
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

function areTexts(headers: object): boolean {
  return Object.entries(headers).every(
    ([name, value]) => typeof value === 'string' && value.isWellFormed() && name.isWellFormed(),
  );
}

/** Checks one record; answers null when it is good. `at` is where it lies in the body: `['body', 3]`. */
export function recordErrors(value: unknown, at: (string | number)[]): FieldError[] | null {
  if (isRecord(value)) return null;
  const seen = new Set<string>();
  return (isRecord.errors ?? [])
    .map((error) => fieldError(error, at))
    .filter(({ loc }) => !seen.has(loc.join('/')) && seen.add(loc.join('/')))
    .slice(0, MOST_FIELD_ERRORS);
}

function fieldError(error: ErrorObject, at: (string | number)[]): FieldError {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (error.keyword === 'required') {
    const field = (error.params as { missingProperty: string }).missingProperty;
    return { type: 'missing', loc: [...at, ...path, field], msg: 'Field required' };
  }
  const loc = [...at, ...path];
  return { ...describeError(error, path[0]), loc };
}

const FIELD_RULES: Record<string, { type: string; msg: string }> = {
  topic: {
    type: 'string_pattern_mismatch',
    msg: 'A topic has 1 to 249 of the characters a-z A-Z 0-9 . _ - and is neither . nor ..',
  },
  key: { type: 'string_unicode', msg: 'Input should be text without lone surrogates' },
  partition: { type: 'greater_than_equal', msg: 'Input should be a whole number from 0 to 2147483647' },
  headers: { type: 'string_unicode', msg: 'Headers should be an object of texts' },
  timestamp: {
    type: 'datetime_type',
    msg: 'Input should be milliseconds since the epoch, or ISO 8601 with a zone such as 2026-01-31T12:00:00Z',
  },
};

function describeError(error: ErrorObject, field: string | undefined): { type: string; msg: string } {
  if (error.keyword === 'type' && field !== 'timestamp') {
    const wanted = String((error.params as { type: string }).type).split(',')[0] as string;
    const type = { string: 'string_type', integer: 'int_type', object: 'dict_type' }[wanted] ?? 'type_error';
    return { type, msg: `Input should be a valid ${wanted}` };
  }
  return (field && FIELD_RULES[field]) || { type: 'value_error', msg: 'Input should be a record object' };
}
