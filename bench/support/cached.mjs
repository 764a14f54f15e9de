// What a bench builds or installs once, in the folder that test/servers/lib.sh keeps its downloads in.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const { CARILLON_CACHE, XDG_CACHE_HOME } = process.env;
const cache = CARILLON_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'carillon');

/** The folder `name`, filled by `fill(folder)` when it is not there. It appears whole or not at all. */
export function cached(name, fill) {
  const target = join(cache, name);
  if (existsSync(target)) return target;
  mkdirSync(cache, { recursive: true });
  const part = mkdtempSync(`${target}.part.`);
  try {
    fill(part);
    renameSync(part, target);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return target;
}
