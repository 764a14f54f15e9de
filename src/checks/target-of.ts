import { readConfig } from './config-mistakes.js';
import type { CheckDefinition } from './define-check.js';

/** What a config in a database is aimed at; null for a type without target, and for a config that makes none. */
export function targetOf(
  definition: CheckDefinition,
  config: Readonly<Record<string, unknown>> | null,
): string | null {
  const read = readConfig(definition, config);
  return 'mistake' in read ? null : targetOfRead(definition, read.config);
}

/** The same of one that `readConfig` has read. */
export function targetOfRead(definition: CheckDefinition, config: Record<string, unknown>): string | null {
  try {
    return definition.target(config);
  } catch {
    return null;
  }
}
