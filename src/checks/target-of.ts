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

/** Where a check goes, and whether it runs in a child process. */
export interface Aim {
  target: string | null;
  isIsolated: boolean;
}

/** Of a config in a database; one that cannot be used asks nobody. */
export function aimOf(definition: CheckDefinition, config: Readonly<Record<string, unknown>> | null): Aim {
  const read = readConfig(definition, config);
  if ('mistake' in read) return { target: null, isIsolated: false };
  return {
    target: targetOfRead(definition, read.config),
    isIsolated: definition.isolated?.(read.config) ?? false,
  };
}

/** The target of one that `readConfig` has read. */
export function targetOfRead(definition: CheckDefinition, config: Record<string, unknown>): string | null {
  try {
    return definition.target(config);
  } catch {
    return null;
  }
}
