import { z } from 'zod';
import { isSigningSecret } from './signing-secret.js';

/** What `.env.example` and docs/configuration.md say of a variable. */
export interface VariableDoc {
  describe: string;
  /** What to write, in words: `a whole number from 0 to 65535`. */
  form: string;
  /** The default as one would write it; absent when unset means something of its own. */
  fallback?: string;
  /** Never printed, nor its value written to the example. */
  secret?: boolean;
}

/** A group of environment variables; its output is what the code sees. */
export type Variables = z.ZodObject<Record<string, z.ZodType>>;

/** The documentation that a variable was declared with. */
export function docOf(schema: z.ZodType): VariableDoc {
  return schema.meta() as unknown as VariableDoc;
}

function documented<T extends z.ZodType>(schema: T, doc: VariableDoc): T {
  return schema.meta({ ...doc });
}

interface Bounds {
  min: number;
  max: number;
}

interface IntRange extends Bounds {
  default: number;
}

function intForm({ min, max }: Bounds): string {
  return `a whole number from ${min} to ${max}`;
}

function wholeNumber(range: Bounds) {
  const rule = `must be ${intForm(range)}`;
  return z
    .string()
    .trim()
    .regex(/^-?\d{1,15}$/, rule)
    .transform(Number)
    .refine((value) => value >= range.min && value <= range.max, rule);
}

/** A whole number within bounds. */
export function int(range: IntRange, describe: string) {
  const schema = wholeNumber(range).default(range.default);
  return documented(schema, { describe, form: intForm(range), fallback: String(range.default) });
}

/** A whole number within bounds; undefined when unset. */
export function optionalInt(range: Bounds, describe: string) {
  return documented(wholeNumber(range).optional(), { describe, form: intForm(range) });
}

function wordsForm(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ');
}

function word<const W extends string>(words: readonly W[]) {
  return z
    .string()
    .transform((value) => value.trim().toLowerCase())
    .pipe(z.enum(words as readonly [W, ...W[]], `must be one of ${words.join(', ')}`));
}

/** One of a few words, in any case. */
export function oneOf<const W extends string>(words: readonly W[], fallback: W, describe: string) {
  const schema = word(words).default(fallback as never);
  return documented(schema, { describe, form: wordsForm(words), fallback });
}

/** One of a few words, in any case; undefined when unset. */
export function optionalOneOf<const W extends string>(words: readonly W[], describe: string) {
  return documented(word(words).optional(), { describe, form: wordsForm(words) });
}

const YES = ['true', '1', 'yes', 'on'];
const NO = ['false', '0', 'no', 'off'];

/** `true` or `false`. */
export function flag(fallback: boolean, describe: string) {
  const schema = z
    .string()
    .transform((value) => value.trim().toLowerCase())
    .refine((value) => YES.includes(value) || NO.includes(value), 'must be true or false')
    .transform((value) => YES.includes(value))
    .default(fallback);
  return documented(schema, { describe, form: '`true` or `false`', fallback: String(fallback) });
}

/** Any text with a default. */
export function text(fallback: string, describe: string, form = 'text') {
  return documented(z.string().trim().default(fallback), { describe, form, fallback });
}

/** Any text; undefined when unset. */
export function optionalText(describe: string, form = 'text') {
  return documented(z.string().trim().optional(), { describe, form });
}

/** A password or the like: never logged, never part of an error. */
export function secret(describe: string) {
  return documented(z.string().optional(), { describe, form: 'text, kept secret', secret: true });
}

/** A secret of Standard Webhooks; undefined when unset. */
export function signingSecret(describe: string) {
  const schema = z.string().trim().refine(isSigningSecret, 'must be base64 after whsec_').optional();
  return documented(schema, {
    describe,
    form: 'any text, or `whsec_` and base64; kept secret',
    secret: true,
  });
}

/** Words divided by commas, white space around them dropped. */
export function list(fallback: readonly string[], describe: string, form = 'a list divided by commas') {
  const schema = z
    .string()
    .transform((value) =>
      value
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    )
    .default([...fallback]);
  return documented(schema, { describe, form, fallback: fallback.join(',') });
}

const HOST_NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i;

/** Host names without scheme, port or path, divided by commas; `*` for any. */
export function hostNames(describe: string) {
  const form = 'host names without a port, divided by commas, or `*`';
  const schema = z
    .string()
    .transform((value) => value.split(',').map((word) => word.trim()))
    .transform((words) => words.filter((word) => word !== ''))
    .refine((words) => words.every((word) => word === '*' || HOST_NAME.test(word)), `must be ${form}`)
    .default([]);
  return documented(schema, { describe, form });
}

/** A zone that this Node knows; undefined when unset. */
export function timeZone(describe: string) {
  const form = 'a zone name such as `Europe/Vienna`';
  const schema = z
    .string()
    .trim()
    .refine(isZone, 'must be a time zone that exists, such as Europe/Vienna')
    .optional();
  return documented(schema, { describe, form });
}

function isZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name.replace(/^:/, '') }));
  } catch {
    return false;
  }
}

/** Some of a few words, each once, in their own order; at least one. */
export function someOf<const W extends string>(
  words: readonly W[],
  fallback: readonly W[],
  describe: string,
) {
  const form = `some of ${words.map((word) => `\`${word}\``).join(', ')}, divided by commas`;
  const schema = z
    .string()
    .transform((value) => value.toLowerCase().split(','))
    .transform((asked) => asked.map((word) => word.trim()).filter((word) => word !== ''))
    .refine(
      (asked) => asked.length > 0 && asked.every((word) => words.includes(word as W)),
      `must be some of ${words.join(', ')}`,
    )
    .transform((asked) => words.filter((word) => asked.includes(word)))
    .default([...fallback]);
  return documented(schema, { describe, form, fallback: fallback.join(',') });
}

/** Whole numbers within bounds, divided by commas: ascending, at most `most`, at least one. */
export function intList(
  { min, max, most, default: fallback }: Omit<IntRange, 'default'> & { most: number; default: number[] },
  describe: string,
) {
  const form = `1 to ${most} whole numbers from ${min} to ${max}, ascending, divided by commas`;
  const schema = z
    .string()
    .transform((value) => value.split(',').map((word) => word.trim()))
    .refine((words) => words.every((word) => /^\d{1,15}$/.test(word)), `must be ${form}`)
    .transform((words) => words.map(Number))
    .refine((numbers) => {
      const isWithin = numbers.every((number) => number >= min && number <= max);
      const isAscending = numbers.every((number, i) => i === 0 || number > numbers[i - 1]!);
      return isWithin && isAscending && numbers.length <= most;
    }, `must be ${form}`)
    .default(fallback);
  return documented(schema, { describe, form, fallback: fallback.join(',') });
}

/** Binding keys of a topic exchange, divided by commas. */
export function bindings(fallback: readonly string[], describe: string) {
  const form = 'binding keys such as `expense.*`, divided by commas';
  const schema = z
    .string()
    .transform((value) => value.split(',').map((word) => word.trim()))
    .transform((keys) => [...new Set(keys.filter((key) => key !== ''))])
    .refine(
      (keys) => keys.length > 0 && keys.every((key) => Buffer.byteLength(key) <= 255),
      'must be binding keys of at most 255 bytes, divided by commas',
    )
    .default([...fallback]);
  return documented(schema, { describe, form, fallback: fallback.join(',') });
}

const NO_HTTP_URL = 'must be an http:// or https:// URL';
const toUrl = (value: string) => new URL(value);

/** An http or https address; undefined when unset. It may hold a password, so its value is never shown. */
export function httpUrl(describe: string) {
  const form = 'a URL such as `https://example.org/hook`';
  const schema = z.string().trim().refine(isHttpUrl, NO_HTTP_URL).transform(toUrl).optional();
  return documented(schema, { describe, form, secret: true });
}

/** The address of a proxy, with or without its scheme; undefined when unset. */
export function proxyUrl(describe: string) {
  const form = 'a URL such as `http://proxy:3128`';
  const schema = z
    .string()
    .trim()
    .transform((value) => (value.includes('://') ? value : `http://${value}`))
    .refine(isHttpUrl, NO_HTTP_URL)
    .transform(toUrl)
    .optional();
  return documented(schema, { describe, form, secret: true });
}

/** Whether it is an address that core/http-sender can ask. */
export function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
