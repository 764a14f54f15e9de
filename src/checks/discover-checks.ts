import { readdir } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { CheckDefinition } from './define-check.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));

let found: Promise<ReadonlyMap<string, CheckDefinition>> | undefined;

/** All checks by type: every `<type>.check` beside this file. The folder is listed once; their clients load when one runs. */
export function discoverChecks(): Promise<ReadonlyMap<string, CheckDefinition>> {
  found ??= load();
  return found;
}

async function load(): Promise<ReadonlyMap<string, CheckDefinition>> {
  const files = (await readdir(HERE)).filter((file) => /^[^.]+\.check\.(js|ts)$/.test(file)).sort();
  const checks = new Map<string, CheckDefinition>();
  // One after the other: Jest's loader trips when modules that share imports are linked side by side.
  for (const file of files) {
    const { default: check } = (await import(pathToFileURL(HERE + file).href)) as {
      default: CheckDefinition;
    };
    if (!file.startsWith(`${check.type}.check.`)) throw new Error(`${file} holds the check ${check.type}.`);
    checks.set(check.type, check);
  }
  return checks;
}
