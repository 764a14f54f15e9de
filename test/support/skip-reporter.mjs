import { relative } from 'node:path';

/** A Jest reporter that says loudly, as the very last thing, what did not run and why. Silent when all ran. */
export default class SkipReporter {
  constructor({ rootDir, testNamePattern, watch, watchAll }) {
    this.rootDir = rootDir;
    this.filtered = Boolean(testNamePattern); // then all other tests count as skipped, as was asked for
    this.watching = watch || watchAll;
  }

  onRunComplete(_contexts, { testResults }) {
    const files = this.filtered ? [] : testResults.map(skippedOf).filter(({ suites }) => suites.size > 0);
    if (files.length === 0) return;
    const print = () => process.stderr.write(this.render(files));
    if (this.watching) print();
    else process.once('exit', print); // Jest's own summary comes after all reporters
  }

  render(files) {
    const counts = files.flatMap(({ suites }) => [...suites.values()]);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const lines = files.flatMap(({ path, suites }) => [
      `  ${relative(this.rootDir, path)}`,
      ...[...suites].map(([title, count]) => `    ${title}: ${count}`),
    ]);
    const bar = '!'.repeat(72);
    return ['', bar, `SKIPPED: ${total} tests did not run`, ...lines, ...missingServers(), bar, ''].join(
      '\n',
    );
  }
}

/** The skipped tests of a file, counted by their outermost describe (or by name outside of any). */
function skippedOf({ testFilePath, testResults }) {
  const suites = new Map();
  for (const { status, ancestorTitles, title } of testResults) {
    if (status !== 'pending') continue;
    const suite = ancestorTitles[0] ?? title;
    suites.set(suite, (suites.get(suite) ?? 0) + 1);
  }
  return { path: testFilePath, suites };
}

function missingServers() {
  const { servers = {} } = JSON.parse(process.env.CARILLON_TEST_SERVERS ?? '{}');
  const missing = Object.entries(servers).filter(([, { from }]) => from === 'missing');
  if (missing.length === 0) return [];
  return ['Missing servers', ...missing.map(([name, { detail }]) => `  ${name}: ${detail}`)];
}
