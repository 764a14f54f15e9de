import { TOPIC_PATTERN } from '../../gateway/record.schema.js';
import { invalid, queryInt, type FieldError } from '../../http/validation.js';

const TOPIC = new RegExp(TOPIC_PATTERN);
const MOST_RECORDS = 1000;

/** @throws AppError VALIDATION_FAILED for what no topic can be called */
export function topicName(name: string): string {
  if (TOPIC.test(name) && name.length <= 249 && name !== '.' && name !== '..') return name;
  throw invalid([
    {
      type: 'string_pattern_mismatch',
      loc: ['path', 'topic'],
      msg: 'A topic has 1 to 249 of the characters a-z A-Z 0-9 . _ -',
    },
  ]);
}

/** `partition` (0), `offset` (0) and `limit` (100, at most 1,000) of a read. @throws AppError VALIDATION_FAILED */
export function readQuery(query: Record<string, unknown>): {
  partition: number;
  offset: number;
  limit: number;
} {
  const errors: FieldError[] = [];
  const number = (name: string, fallback: number, min: number, max: number) =>
    queryInt(query, name, { min, max, fallback }, errors);
  const read = {
    partition: number('partition', 0, 0, 2_147_483_647),
    offset: number('offset', 0, 0, Number.MAX_SAFE_INTEGER),
    limit: number('limit', 100, 1, MOST_RECORDS),
  };
  if (errors.length > 0) throw invalid(errors);
  return read;
}
