import type { Stats } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import type { z } from 'zod';
import { emittersFileSchema, type FileEmitter } from './emitters-file.schema.js';
import { readWholeFile } from './read-whole-file.js';

const MOST_BYTES = 1024 * 1024;
const MOST_ALIASES = 100;
const MOST_DEPTH = 100;
/** A file that is wrong throughout is told by its first mistakes. */
const MOST_MISTAKES = 50;

/** A rule that the file breaks; its message is for people. */
class BadFile extends Error {}

/** The emitters of a YAML or JSON file; what is wrong goes to `mistakes`, by its place and never with its value. */
export function readEmittersFile(path: string, mistakes: string[]): FileEmitter[] {
  const told: string[] = [];
  const emitters = read(path, told);
  const more = told.length - MOST_MISTAKES;
  mistakes.push(...told.slice(0, MOST_MISTAKES).map((rule) => `EMITTERS_FILE ${rule}`));
  if (more > 0) mistakes.push(`EMITTERS_FILE has ${more} more mistakes`);
  return emitters;
}

function read(path: string, told: string[]): FileEmitter[] {
  try {
    const value = parse(decode(readWholeFile(path, checkStat)));
    checkShape(value);
    const result = emittersFileSchema.safeParse(value, { error: ruleOf });
    if (result.success) return result.data.emitters;
    told.push(...result.error.issues.map(({ path: place, message }) => `${shownPlace(place)}${message}`));
  } catch (error) {
    told.push(error instanceof BadFile ? error.message : unreadable(error));
  }
  return [];
}

function checkStat(stat: Stats): void {
  if (!stat.isFile()) throw new BadFile('must be a regular file');
  if (stat.size > MOST_BYTES) throw new BadFile('must be at most 1 MiB');
}

function unreadable(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT'
    ? 'names a file that does not exist'
    : `cannot be read (${code ?? 'unknown error'})`;
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new BadFile('must be UTF-8');
  }
}

/** JSON by its first character, where it is valid; else YAML, of which most JSON is a part. */
function parse(text: string): unknown {
  if (/^\s*[{[]/.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      // `{a: b}` is YAML; and YAML's parser tells the line.
    }
  }
  return parseYaml(text);
}

/** Messages of the parser may quote the file, so only its place and kind are told. */
function parseYaml(text: string): unknown {
  // Loaded only where there is such a file.
  const { LineCounter, parseDocument } = createRequire(import.meta.url)('yaml') as typeof Yaml;
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    schema: 'core',
    stringKeys: true,
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter,
  });
  const wrong = document.errors[0] ?? document.warnings[0];
  if (wrong) {
    const { line, col } = lineCounter.linePos(wrong.pos[0]);
    const kind = wrong.code.toLowerCase().replaceAll('_', ' ');
    throw new BadFile(`is no valid YAML or JSON: line ${line}, column ${col} (${kind})`);
  }
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch {
    throw new BadFile(`has aliases (*name) that lead nowhere, or stand for too much`);
  }
}

/** Aliases can make a value that contains itself; what is too deep for JSON is for the schema, too. */
function checkShape(value: unknown): void {
  try {
    JSON.stringify(value);
  } catch {
    throw new BadFile('must not be nested so deep, nor contain itself by an alias');
  }
  checkDepth(value, MOST_DEPTH);
}

function checkDepth(value: unknown, left: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (left === 0) throw new BadFile(`must not be nested more than ${MOST_DEPTH} deep`);
  for (const member of Object.values(value)) checkDepth(member, left - 1);
}

/** For issues that the schema has no words for. */
function ruleOf(issue: z.core.$ZodRawIssue): string {
  if (issue.code !== 'invalid_type') return 'is not allowed';
  return issue.input === undefined ? 'is missing' : `must be ${KINDS[issue.expected] ?? issue.expected}`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'a map of members',
  record: 'a map of members',
  array: 'a list',
};

function shownPlace(place: readonly PropertyKey[]): string {
  const shown = place.map((step) =>
    typeof step === 'number' ? `[${step}]` : `.${String(step).slice(0, 60)}`,
  );
  return shown.length === 0 ? '' : `${shown.join('').replace(/^\./, '')} `;
}
