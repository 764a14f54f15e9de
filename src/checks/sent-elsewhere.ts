import type { CheckDefinition } from './define-check.js';
import { destinationsIn } from './destinations.js';
import { withoutSecrets } from './secret-fields.js';
import { targetOf } from './target-of.js';

type Config = Readonly<Record<string, unknown>>;

/**
 * Whether the edited config, with the secrets of the old one in it, leads to a place that the old one did not lead to:
 * whoever may edit a monitor is not to have its secrets sent to a server of his own. Of a type that we do not know
 * nobody can say which of its fields are a place, so each counts.
 */
export function sentElsewhere(definition: CheckDefinition | undefined, old: Config, edited: Config): boolean {
  if (!definition) return hasNew(valuesOf(old), valuesOf(edited));
  const [before, after] = [old, edited].map((config) =>
    destinationsIn(withoutSecretKeys(definition, config)),
  );
  if (hasNew(before!, after!)) return true;
  const target = targetOf(definition, edited);
  if (target === null || target === targetOf(definition, old)) return false;
  // Of several servers the target is the first: another one of them may be that now.
  return !before!.some((place) => place.endsWith(` ${target}`) || place.endsWith(`://${target}`));
}

function hasNew(before: readonly string[], after: readonly string[]): boolean {
  const known = new Set(before);
  return after.some((place) => !known.has(place));
}

/** What is a secret whole is no place. */
function withoutSecretKeys({ secrets = [] }: CheckDefinition, config: Config): Config {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !secrets.includes(key)));
}

function valuesOf(config: Config): string[] {
  return Object.entries(withoutSecrets(undefined, config) ?? {}).map(
    ([key, value]) => `${key} ${JSON.stringify(value)}`,
  );
}
