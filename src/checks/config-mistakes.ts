import { z } from 'zod';
import type { CheckDefinition } from './define-check.js';
import { markersIn } from './secret-fields.js';
import { SECRET_MARKER } from '../core/secret-text.js';

export interface ConfigMistake {
  /** Inside the config: `['sasl_options', 'username']`. */
  path: (string | number)[];
  /** What is wrong, without the value. */
  message: string;
}

type Config = Readonly<Record<string, unknown>>;

/** What is wrong with a config that somebody writes: strictly, so that a misspelt key is told. Empty: nothing. */
export function configMistakes(definition: CheckDefinition, config: Config): ConfigMistake[] {
  const mistakes = unknownKeys(definition.schema, config, []);
  const { error } = definition.schema.safeParse(withoutNulls(config));
  for (const { path, message } of error?.issues ?? []) mistakes.push({ path: path.map(segment), message });
  for (const key of markersIn(config)) {
    mistakes.push({
      path: [key],
      message: `holds ${SECRET_MARKER}, which stands for a secret that is kept, and there is none: write the secret.`,
    });
  }
  return mistakes;
}

/** The config as a check takes it: unknown keys passed over, defaults filled in; or what is wrong, in one sentence. */
export function readConfig(
  definition: CheckDefinition,
  config: Config | null,
): { config: Record<string, unknown> } | { mistake: string } {
  if (!config) return { mistake: 'The config of this monitor is no JSON object.' };
  const { data, error } = definition.schema.safeParse(withoutNulls(config));
  if (data) return { config: data };
  const told = error.issues.map(({ path, message }) => `${path.join('.') || 'config'}: ${message}`);
  return { mistake: `The config of this monitor cannot be used: ${told.slice(0, 3).join('; ')}` };
}

/** Null says that nothing is there: Go's encoders write it so. */
function withoutNulls(config: Config): Config {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null));
}

function unknownKeys(schema: z.ZodObject, config: Config, path: (string | number)[]): ConfigMistake[] {
  const known = Object.keys(schema.shape);
  return Object.entries(config).flatMap(([key, value]) => {
    const at = [...path, key];
    const field = Object.hasOwn(schema.shape, key) ? (schema.shape[key] as z.ZodType) : undefined;
    if (!field) return [{ path: at, message: `is no key here; there are ${known.join(', ')}.` }];
    const inner = unwrapped(field);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return inner instanceof z.ZodObject && isObject ? unknownKeys(inner, value as Config, at) : [];
  });
}

function unwrapped(field: z.ZodType): z.ZodType {
  let inner = field;
  while (
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodNullable ||
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodPrefault
  ) {
    inner = inner.unwrap() as z.ZodType;
  }
  return inner;
}

function segment(part: PropertyKey): string | number {
  return typeof part === 'symbol' ? String(part) : part;
}
