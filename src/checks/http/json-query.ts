import { createRequire } from 'node:module';
import type Jsonata from 'jsonata';
import { excerpt } from '../outcomes.js';
import { compares, textOfValue, type Condition } from './json-compare.js';
import { stepsOf, TooManyStepsError, valueAt } from './json-path.js';

export interface JsonQuestion {
  /** The body. */
  text: string;
  /** Empty: the whole body. */
  query: string;
  condition: Condition | '';
  expected: string;
}

export interface JsonVerdict {
  holds: boolean;
  reason: string;
  /** The observer could not evaluate it: nothing is known. */
  isUnknown?: true;
}

/** The thread that evaluates is ended after some more than this; regular expressions heed no bound but that. */
const BOUNDS = { timeout: 800, stack: 500, sequence: 1_000_000 };
const MOST_COMPILED = 500;

const require = createRequire(import.meta.url);
/** Loaded by the first query that needs it. */
const jsonata = (query: string) => (require('jsonata') as typeof Jsonata)(query, BOUNDS);

const compiled = new Map<string, Jsonata.Expression>();
const mistakes = new Map<string, string | null>();

/** Whether it can be answered without JSONata: at once, in time that is in proportion to the body. */
export function isPlain({ query }: JsonQuestion): boolean {
  return query === '' || stepsOf(query) !== null;
}

/** Of an expression that is none; null when it can be evaluated. */
export function queryMistake(query: string): string | null {
  if (query === '' || stepsOf(query)) return null;
  let mistake = mistakes.get(query);
  if (mistake === undefined) {
    mistake = mistakeOf(query);
    keep(mistakes, query, mistake);
  }
  return mistake;
}

/** Of a plain question. */
export function plainVerdict(question: JsonQuestion): JsonVerdict {
  const { text, query } = question;
  const data = parsed(text);
  try {
    if (query === '') return judged(data ?? text, question); // as a text where it is no JSON
    return data === undefined ? NO_JSON : judged(valueAt(data, stepsOf(query) ?? []), question);
  } catch (error) {
    if (error instanceof TooManyStepsError) return { holds: false, reason: error.message, isUnknown: true };
    return TOO_DEEP; // for the stack
  }
}

/** Of any question. May take for ever: only for a thread that can be ended. */
export async function verdictOf(question: JsonQuestion): Promise<JsonVerdict> {
  if (isPlain(question)) return plainVerdict(question);
  const data = parsed(question.text);
  if (data === undefined) return NO_JSON;
  try {
    return judged(await expressionOf(question.query).evaluate(data), question);
  } catch (error) {
    return { holds: false, reason: `the query fails on the body: ${excerpt(wordsOf(error))}` };
  }
}

const NO_JSON: JsonVerdict = { holds: false, reason: 'the body is no JSON' };
const TOO_DEEP: JsonVerdict = { holds: false, reason: 'the body is nested too deeply' };

function judged(actual: unknown, { query, condition, expected }: JsonQuestion): JsonVerdict {
  const what = query === '' ? 'the body' : `the query ${excerpt(query, 100)}`;
  if (actual === undefined) return { holds: false, reason: `${what} finds nothing` };
  if (condition === '' && expected === '') return { holds: true, reason: '' };
  const relation = condition === '' ? '==' : condition;
  const holds = compares(actual, relation, expected);
  const shown = excerpt(textOfValue(actual), 100);
  return { holds, reason: `${what} gives ${shown}, which is not ${relation} ${excerpt(expected, 100)}` };
}

/** Undefined when it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function expressionOf(query: string): Jsonata.Expression {
  let expression = compiled.get(query);
  if (!expression) {
    expression = jsonata(query);
    keep(compiled, query, expression);
  }
  return expression;
}

function mistakeOf(query: string): string | null {
  try {
    jsonata(query);
    return null;
  } catch (error) {
    return `is no path and no expression of JSONata: ${excerpt(wordsOf(error))}`;
  }
}

function wordsOf(error: unknown): string {
  return (error as { message?: string }).message ?? 'it has no reason';
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  const [oldest] = map.size < MOST_COMPILED ? [] : map.keys();
  if (oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
