import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The finished files below an OUTPUT_FOLDER, by their path relative to it, sorted; nothing of hidden folders. */
export async function outputFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  return entries.filter((name) => name.endsWith('.json') && !name.startsWith('.')).sort();
}

/** The texts of all finished files, read one after the other: there may be more than a process may open. */
export async function outputTexts(folder: string): Promise<string[]> {
  const texts: string[] = [];
  for (const name of await outputFiles(folder)) texts.push(await readFile(join(folder, name), 'utf8'));
  return texts;
}
