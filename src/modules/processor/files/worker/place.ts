import { renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileName } from '../file-names.js';
import { codeOf, isTaken, makeFolders, type Durability } from './disk.js';

/**
 * Shows a finished file under `stem`, in one step: readers see all of it or nothing, and the part is gone exactly when
 * the file was there, whatever a reader does with it at once. No other process of ours has this name (names.ts); for a
 * file of somebody else a number is added. Answers the name, relative to `folder`.
 */
export function placePart(part: string, folder: string, stem: string, durability: Durability): string {
  for (let count = 1, tries = 0; ;) {
    const name = fileName(stem, count);
    const target = `${folder}/${name}`;
    if (isTaken(target)) {
      count += 1;
      continue;
    }
    try {
      renameSync(part, target);
      return name;
    } catch (error) {
      // The subfolder of the day or hour is made with its first file, and anew when somebody tidied it away.
      if (codeOf(error) !== 'ENOENT' || !isTaken(part) || ++tries > 3) throw error;
      // Durable before anything is moved there: a claimed part in a folder that a power cut loses would be lost for good.
      durability.foldersNow(makeFolders(dirname(target)));
    }
  }
}

/** The folders whose entries a file of this name needs: its own, and those that lead there. */
export function foldersOf(names: Iterable<string>, folder: string): Set<string> {
  const found = new Set<string>();
  // Those of one batch lie in one folder, mostly.
  for (const nearest of new Set(Array.from(names, dirname)))
    for (let at = nearest; ; at = dirname(at)) {
      found.add(join(folder, at));
      if (at === '.') break;
    }
  return found;
}
