// The benches: all, or the one that is named.
//   npm run bench [-- name [arguments]]
// Each says in its own file what it measures, with what, and what its arguments are. Without a name: all that this machine
// has the tools for, then docs/benchmarks.md and the README's lines. Exit code: 0 all were run, 1 one failed (a contestant
// fell, or work was missing), 64 wrong usage, 69 a tool is missing.
import { spawnSync } from 'node:child_process';
import { BENCHES, CHECKS, usage } from './support/benches.mjs';
import { writeDocs } from './support/docs.mjs';
import { endWithSignals } from './support/interrupted.mjs';
import { missing } from './support/needs.mjs';
import { build, inRoot } from './support/processes.mjs';
import { finished, keep, markdown } from './support/report.mjs';

const [OK, FAILED, USAGE, UNAVAILABLE] = [0, 1, 64, 69];

/** `isKept`: also that it was not run is. Answers its part of the exit code. */
async function run(name, args, isKept) {
  const { default: bench } = await import(`./${name}.mjs`);
  const notRun = (why, code) => {
    console.error(`\n!! ${name} was NOT RUN to its end: ${why}\n`);
    if (isKept) keep({ ...bench, report: { notRun: why } });
    return code;
  };
  console.log(`\n== ${bench.title}`);
  const lacking = missing(BENCHES[name].needs);
  if (lacking.length > 0) return notRun(`this machine has no ${lacking.join(' and no ')}`, UNAVAILABLE);
  const began = performance.now();
  try {
    const report = finished(await bench.run({ args: args.map(Number), say: (line) => console.log(line) }));
    keep({ ...bench, report, seconds: Math.round((performance.now() - began) / 1000) });
    console.log(`\n${markdown({ title: bench.title, report })}`);
    return OK;
  } catch (error) {
    console.error(error);
    return notRun(`it failed (${String(error.message).split('\n')[0]})`, FAILED);
  }
}

async function runAll() {
  const codes = [];
  for (const name of Object.keys(BENCHES)) codes.push(await run(name, [], true));
  writeDocs();
  return codes.includes(FAILED) ? FAILED : Math.max(...codes);
}

const [name, ...args] = process.argv.slice(2);
if (name !== undefined && !BENCHES[name] && !CHECKS[name] && name !== 'docs') {
  console.error(`There is no bench ${name}.\n${usage()}`);
  process.exit(USAGE);
}
build();
endWithSignals();
if (name === undefined) process.exitCode = await runAll();
else if (name === 'docs') writeDocs();
else if (BENCHES[name]) process.exitCode = await run(name, args, false);
else {
  const { status } = spawnSync(process.execPath, [inRoot(`bench/${name}.mjs`), ...args], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? FAILED;
}
