// What survives a power cut, tried on a disk of your own.
//   npm run prove -- power [--folder DIR] [--short] [--seed N]
// Cuts the power of a simulated disk under the service (test/losefs), builds the states that may be left in DIR (the folder for
// temporary files without it), lets the service recover there, and compares with what clients were told. 400 states a suite,
// some half an hour; --short: 40, some minutes. It also times DIR's own fsync: one that takes no time keeps nothing.
// Needs Linux, root and FUSE, and `npm ci` with development dependencies. Exit code: 0 nothing was lost and every sabotage was
// noticed, 1 else, 64 wrong usage, 69 the simulated disk is missing.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const [OK, FAILED, USAGE, UNAVAILABLE] = [0, 1, 64, 69];
const ROOT = new URL('..', import.meta.url).pathname;
const SYNCS = 200;
/** Faster than a write reaches flash: the disk, or what simulates it, has a battery or does not wait. */
const DOUBTFUL_MS = 0.02;
const OPTIONS = { folder: { type: 'string' }, short: { type: 'boolean' }, seed: { type: 'string' } };

function wrongUsage(why) {
  console.error(`${why}\nUsage: npm run prove -- power [--folder DIR] [--short] [--seed N]`);
  return USAGE;
}

/** Median of the time that appending 4 KiB and fsync take, milliseconds. */
function syncMs(folder) {
  const file = join(folder, 'fsync');
  const fd = openSync(file, 'w');
  const page = Buffer.alloc(4096, 1);
  const times = Array.from({ length: SYNCS }, () => {
    const began = performance.now();
    writeSync(fd, page);
    fsyncSync(fd);
    return performance.now() - began;
  });
  closeSync(fd);
  rmSync(file);
  return times.sort((a, b) => a - b)[SYNCS / 2];
}

function runSuites(folder, { short, seed }) {
  const report = join(folder, 'report.json');
  const env = {
    ...process.env,
    POWER_FOLDER: folder,
    REQUIRE_SERVERS: 'losefs',
    FAULTS: short ? '' : 'full',
  };
  if (seed) env.TEST_SEED = seed;
  const suites = ['test/losefs', 'test/power/file-store', 'test/power/service'];
  spawnSync('npm', ['test', '--', '--json', `--outputFile=${report}`, ...suites], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return JSON.parse(readFileSync(report, 'utf8')).testResults;
}

/** What a person wants to know of a run; the last line says it in one. */
function tell(suites, folder, ms) {
  let failed = 0;
  for (const { assertionResults, message } of suites) {
    if (assertionResults.length === 0) console.log(`did not run: ${message}`);
    if (assertionResults.length === 0) failed += 1;
    for (const { ancestorTitles, title, status, failureMessages, duration } of assertionResults) {
      const isRight = status === 'passed';
      if (!isRight) failed += 1;
      const mark = isRight ? 'held  ' : status === 'failed' ? 'BROKEN' : 'not run';
      console.log(
        `${mark}  ${ancestorTitles.join(', ')}: ${title} (${((duration ?? 0) / 1000).toFixed(1)} s)`,
      );
      for (const text of failureMessages) console.log(text.split('\n').slice(0, 20).join('\n'));
    }
  }
  console.log(`\nAn fsync of ${folder} takes ${ms.toFixed(3)} ms (median of ${SYNCS}).`);
  if (ms < DOUBTFUL_MS)
    console.log(
      'That is faster than a disk: it keeps nothing in a power cut, or has a battery, or does not wait.',
    );
  console.log(failed === 0 ? 'Every promise held.' : `${failed} did not hold: see BROKEN and "did not run".`);
  return failed === 0 ? OK : FAILED;
}

function main() {
  let given;
  try {
    given = parseArgs({ args: process.argv.slice(2), options: OPTIONS, allowPositionals: true });
  } catch (error) {
    return wrongUsage(error.message);
  }
  const { values, positionals } = given;
  if (positionals.length !== 1 || positionals[0] !== 'power')
    return wrongUsage('There is one thing to prove: power.');
  if (values.seed !== undefined && !/^\d{1,9}$/.test(values.seed))
    return wrongUsage('--seed is a whole number.');
  const parent = resolve(process.env.INIT_CWD ?? '.', values.folder ?? tmpdir());
  if (!statSync(parent, { throwIfNoEntry: false })?.isDirectory())
    return wrongUsage(`${parent} is no folder.`);
  const losefs = spawnSync('bash', [join(ROOT, 'test/servers/losefs.sh'), 'ready'], { stdio: 'ignore' });
  if (losefs.status !== 0) {
    console.error(
      'The simulated disk is missing: run bash test/servers/losefs.sh fetch (Linux, root, Go 1.24).',
    );
    return UNAVAILABLE;
  }
  const folder = mkdtempSync(join(parent, 'carillon-prove-'));
  try {
    const ms = syncMs(folder);
    return tell(runSuites(folder, values), parent, ms);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = main();
