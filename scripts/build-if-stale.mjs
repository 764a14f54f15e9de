// Builds dist when the sources are not those it was built from. `--stamp` only records that it is fresh.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'dist', '.stamp');

function sourcesDigest() {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .concat(
      ['package-lock.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json'].map((name) =>
        join(root, name),
      ),
    )
    .sort();
  const hash = createHash('sha256');
  for (const file of files)
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

/** True when dist was built from the sources as they are now. */
export function isFresh() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sourcesDigest();
}

/** Builds when needed; exits with the compiler's code when it fails. */
export function buildIfStale() {
  if (isFresh()) return;
  process.stderr.write('Building (first start, or the sources changed)...\n');
  const { status } = spawnSync(process.execPath, ['node_modules/@nestjs/cli/bin/nest.js', 'build'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
  writeStamp();
}

function writeStamp() {
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stamp, sourcesDigest());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--stamp')) writeStamp();
  else buildIfStale();
}
