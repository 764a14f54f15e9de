// What a bench builds or installs once, in the folder that test/servers/lib.sh keeps its downloads in.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { inRoot } from './processes.mjs';

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
  } catch (error) {
    // Of two at once the slower one changes nothing.
    if (!existsSync(target)) throw error;
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return target;
}

/** The program that the Go sources in bench/peers/`name` make, built once for each state of them. */
export function goProgram(name) {
  const sources = inRoot('bench/peers', name);
  const hash = createHash('sha256');
  for (const file of readdirSync(sources).sort()) hash.update(readFileSync(join(sources, file)));
  const build = (folder) =>
    execFileSync('go', ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-o', folder, '.'], {
      cwd: sources,
      env: { ...process.env, CGO_ENABLED: '0' },
      stdio: 'inherit',
    });
  return join(cached(`${name}-${hash.digest('hex').slice(0, 12)}`, build), name);
}

/** A folder whose node_modules has these packages, each `name@version`; none is a dependency of the project. */
export function npmFolder(packages) {
  const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  return cached(packages.join('-').replaceAll('/', '+'), (folder) =>
    execFileSync('npm', ['install', '--prefix', folder, ...options, ...packages], { stdio: 'inherit' }),
  );
}
