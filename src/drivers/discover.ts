import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { DriverDefinition } from './define-driver.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** All drivers: every `<technology>/<port>.driver` beside this file. Called once, at start. */
export async function discoverDrivers(): Promise<DriverDefinition[]> {
  const files = (await readdir(HERE, { recursive: true }))
    .filter((file) => /\.driver\.(js|ts)$/.test(file) && !basename(file).includes('.spec.'))
    .sort();
  const loaded: DriverDefinition[] = [];
  // One after the other: Jest's loader trips when modules that share imports are linked side by side.
  for (const file of files) {
    const module = (await import(pathToFileURL(HERE + file).href)) as { default: DriverDefinition };
    loaded.push(module.default);
  }
  return loaded;
}
