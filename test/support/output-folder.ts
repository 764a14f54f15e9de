import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The finished files below an OUTPUT_FOLDER, by their path relative to it, sorted; nothing of hidden folders. */
export async function outputFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  return entries.filter((name) => name.endsWith('.json') && !name.startsWith('.')).sort();
}

/** The texts of all finished files. */
export async function outputTexts(folder: string): Promise<string[]> {
  return Promise.all((await outputFiles(folder)).map((name) => readFile(join(folder, name), 'utf8')));
}
