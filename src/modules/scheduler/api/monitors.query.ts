import { invalid, queryInt, type FieldError } from '../../../http/validation.js';
import {
  MONITOR_STATUS,
  PRIORITIES,
  type MonitorFilter,
  type MonitorStatus,
  type Priority,
} from '../../../ports/monitor-store.port.js';

/** Of one page. */
const MOST = 1000;
const LONGEST_TEXT = 150;

type Query = Record<string, unknown>;

/** Which monitors, and which page of them. @throws AppError VALIDATION_FAILED */
export function listQuery(
  query: Query,
  isId: (id: string) => boolean,
): { filter: MonitorFilter; after: string | null; limit: number } {
  const errors: FieldError[] = [];
  const limit = queryInt(query, 'limit', { min: 1, max: MOST, fallback: 100 }, errors);
  const filter = filterOf(query, errors);
  const after = textIn(query, 'after', errors) ?? null;
  if (after !== null && !isId(after))
    errors.push(wrong('after', 'cursor', 'must be the `next` of the page before'));
  if (errors.length > 0) throw invalid(errors);
  return { filter, after, limit };
}

/** Which monitors of all. @throws AppError VALIDATION_FAILED */
export function filterQuery(query: Query): MonitorFilter {
  const errors: FieldError[] = [];
  const filter = filterOf(query, errors);
  if (errors.length > 0) throw invalid(errors);
  return filter;
}

function filterOf(query: Query, errors: FieldError[]): MonitorFilter {
  const filter = {
    active: booleanIn(query, 'active', errors),
    type: textIn(query, 'type', errors),
    status: statusIn(query, errors),
    priority: priorityIn(query, errors),
    tag: textIn(query, 'tag', errors),
    search: textIn(query, 'search', errors),
  };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

/** True, false, or undefined without one; what else there is goes to `errors`. */
export function booleanIn(query: Query, name: string, errors: FieldError[]): boolean | undefined {
  const value = textIn(query, name, errors);
  if (value === undefined) return undefined;
  if (value === 'true' || value === 'false') return value === 'true';
  errors.push(wrong(name, 'bool_parsing', 'must be true or false'));
  return undefined;
}

/** One of `words`, or undefined without one. */
export function wordIn<W extends string>(
  query: Query,
  name: string,
  words: readonly W[],
  errors: FieldError[],
): W | undefined {
  const value = textIn(query, name, errors);
  if (value === undefined) return undefined;
  const word = words.find((each) => each === value);
  if (word === undefined) errors.push(wrong(name, 'enum', `must be one of ${words.join(', ')}`));
  return word;
}

function statusIn(query: Query, errors: FieldError[]): MonitorStatus | undefined {
  const names = Object.keys(MONITOR_STATUS) as (keyof typeof MONITOR_STATUS)[];
  const numbers = Object.values(MONITOR_STATUS).map(String);
  const word = wordIn(query, 'status', [...names, ...numbers], errors);
  if (word === undefined) return undefined;
  return word in MONITOR_STATUS
    ? MONITOR_STATUS[word as keyof typeof MONITOR_STATUS]
    : (Number(word) as MonitorStatus);
}

function priorityIn(query: Query, errors: FieldError[]): Priority | undefined {
  return wordIn(query, 'priority', PRIORITIES, errors);
}

/** Nothing and an empty text are none. */
function textIn(query: Query, name: string, errors: FieldError[]): string | undefined {
  const value = query[name];
  if (value === undefined || value === '') return undefined;
  // eslint-disable-next-line no-control-regex
  if (typeof value === 'string' && value.length <= LONGEST_TEXT && !/\u0000/.test(value)) return value;
  errors.push(wrong(name, 'string_type', `must stand once, with at most ${LONGEST_TEXT} characters`));
  return undefined;
}

function wrong(name: string, type: string, msg: string): FieldError {
  return { type, loc: ['query', name], msg };
}
