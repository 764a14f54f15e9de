import { configMistakes, type ConfigMistake } from '../../../../checks/config-mistakes.js';
import type { CheckDefinition } from '../../../../checks/define-check.js';
import { FOREIGN_TYPES } from '../../../../checks/foreign-types.js';
import { markersIn, mergeSecrets, type Path } from '../../../../checks/secret-fields.js';
import { sentElsewhere } from '../../../../checks/sent-elsewhere.js';
import type { FieldError } from '../../../../http/validation.js';
import type { Monitor, MonitorFields } from '../../../../ports/monitor-store.port.js';
import type { MonitorBody } from './monitor-body.js';
import { readConfig, type Config } from './read-config.js';

export type Checks = ReadonlyMap<string, CheckDefinition>;
type TypeAndConfig = Partial<Pick<MonitorFields, 'type' | 'config'>>;

/**
 * Type and config as the body gives them. Secrets of `old` that the body leaves out, or gives as their marker, stay while
 * the type does, and as long as they go where they went before. A type that this version has no check for is good where it stood before: then its config is taken as it is.
 */
export function checkConfig(
  body: MonitorBody,
  checks: Checks,
  old: Monitor | null,
  errors: FieldError[],
): TypeAndConfig {
  const type = body.type ?? old?.type;
  if (type === undefined) return {};
  const before = old?.type === type ? old : null;
  if (before && body.config === undefined) return {};
  if (before || checks.has(type)) return withConfig(type, body.config, { checks, before, errors });
  errors.push({ type: 'type_unknown', loc: ['body', 'type'], msg: unknownType(type, checks) });
  return {};
}

interface Checking {
  checks: Checks;
  before: Monitor | null;
  errors: FieldError[];
}

function withConfig(type: string, given: unknown, { checks, before, errors }: Checking): TypeAndConfig {
  if (given === undefined) return alone(type, errors);
  const config = configOf(given, checks.get(type), before, errors);
  return config ? { type, config } : {};
}

function configOf(
  given: unknown,
  definition: CheckDefinition | undefined,
  before: Monitor | null,
  errors: FieldError[],
): Config | null {
  const read = readConfig(given);
  if ('mistake' in read) {
    errors.push(read.mistake);
    return null;
  }
  const kept: Path[] = [];
  const config = mergeSecrets(definition, before?.config ?? null, read.config, kept);
  const mistakes = mistakesOf(definition, config);
  errors.push(...mistakes);
  if (mistakes.length === 0 && kept.length > 0 && sentElsewhere(definition, before?.config ?? {}, config))
    errors.push(...kept.map(writtenAnew));
  return config;
}

function writtenAnew(path: Path): FieldError {
  const msg =
    'must be written again, or emptied: the config leads to another target, and a secret that is kept goes only where it went before';
  return { type: 'secret_target', loc: ['body', 'config', ...path], msg };
}

/** A type that changes takes its config with it. */
function alone(type: string, errors: FieldError[]): TypeAndConfig {
  const isTold = errors.some(({ loc }) => loc[1] === 'config');
  if (!isTold)
    errors.push({ type: 'missing', loc: ['body', 'config'], msg: `Field required with the type ${type}` });
  return {};
}

function mistakesOf(definition: CheckDefinition | undefined, config: Config): FieldError[] {
  const mistakes = definition ? configMistakes(definition, config) : unresolved(config);
  return mistakes.map(({ path, message }) => ({
    type: 'config_invalid',
    loc: ['body', 'config', ...path],
    msg: message,
  }));
}

/** Of a type that is not known nothing else can be said. */
function unresolved(config: Config): ConfigMistake[] {
  return markersIn(config).map((key) => ({
    path: [key],
    message: 'is the marker of a secret that is not known here: write the secret',
  }));
}

function unknownType(type: string, checks: Checks): string {
  const foreign = Object.hasOwn(FOREIGN_TYPES, type) ? FOREIGN_TYPES[type] : undefined;
  const types = [...checks.keys()].join(', ');
  return foreign ? `${foreign} There are: ${types}` : `There is no check of this type; there are: ${types}`;
}
