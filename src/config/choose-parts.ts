import type { PartSpec } from './app-config.js';

type Parts = Readonly<Record<string, PartSpec>>;

/** The parts that MODULES asks for, in the order of `known`; what is wrong goes to `mistakes`. */
export function chooseParts(asked: readonly string[], known: Parts, mistakes: string[]): string[] {
  const names = Object.keys(known);
  if (asked.some((name) => name !== 'all' && !names.includes(name))) {
    mistakes.push(`MODULES names a part that does not exist: write all, or some of ${names.join(',')}`);
  }
  if (asked.length === 0) mistakes.push(`MODULES names no part: write all, or some of ${names.join(',')}`);
  const chosen = asked.includes('all') ? names : names.filter((name) => asked.includes(name));
  for (const name of chosen) {
    const missing = (known[name]?.requires ?? []).filter((other) => !chosen.includes(other));
    if (missing.length > 0) {
      mistakes.push(`MODULES has ${name}, which cannot run without ${missing.join(',')}: add it`);
    }
  }
  return chosen;
}

/** The parts that decide `/health/ready`: those named, else the gateway's where they run, else all. */
export function chooseReady(
  asked: readonly string[],
  parts: readonly string[],
  mistakes: string[],
): string[] {
  if (parts.length > 0 && asked.some((name) => !parts.includes(name))) {
    mistakes.push(
      `READY_REQUIRES names a part that this process does not run: use some of ${parts.join(',')}`,
    );
  }
  if (asked.length > 0) return [...asked];
  const gateway = parts.filter((name) => name === 'producer' || name === 'batch');
  return gateway.length > 0 ? gateway : [...parts];
}
