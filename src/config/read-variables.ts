import type { z } from 'zod';
import type { Variables } from './variable.js';

/** The variables that have a value: one set to nothing is unset, as `${NAME:-}` in a compose file means it. */
export function present(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const set = Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== '');
  return Object.fromEntries(set) as Record<string, string>;
}

/** The proxies by the names in lower case that curl and others read too; those in upper case win. */
export function withLowerCaseProxies(env: Record<string, string>): Record<string, string> {
  const all = { ...env };
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']) {
    const value = env[name] ?? env[name.toLowerCase()];
    if (value !== undefined) all[name] = value;
  }
  return all;
}

/** A group of variables, checked; its mistakes, by name and rule, go to `mistakes`. */
export function readVariables<V extends Variables>(
  variables: V,
  env: Readonly<Record<string, string>>,
  mistakes: string[],
): z.output<V> | undefined {
  const result = variables.safeParse(env);
  if (result.success) return result.data;
  mistakes.push(...result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`));
  return undefined;
}
