// node ci-summary.mjs REPORT.json EXIT_CODE   judges a run of Jest by its JSON report and its exit code; names what went
// wrong, prints "N passed, N failed" as the last line, and exits 1 unless all was well. In CI a skipped test has failed.
import { readFileSync } from 'node:fs';

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { testResults: [] };
  }
}

const nameOf = ({ fullName }, { name }) => `${fullName} (${name})`;

const [reportPath, exitCode] = process.argv.slice(2);
const { testResults } = readReport(reportPath);
const testsWith = (status) =>
  testResults.flatMap((file) =>
    file.assertionResults.filter((test) => test.status === status).map((test) => nameOf(test, file)),
  );
const passed = testsWith('passed').length;

const problems = [
  ...testsWith('failed').map((name) => `failed: ${name}`),
  ...testsWith('pending').map((name) => `skipped: ${name}`),
  ...testResults
    .filter(
      (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
    )
    .map((file) => `did not run: ${file.name}\n${file.message}`),
];
if (passed === 0 && problems.length === 0) problems.push('no test ran');
if (exitCode !== '0' && problems.length === 0)
  problems.push(`every test passed, yet Jest ended with exit code ${exitCode}`);

for (const problem of problems) console.log(problem);
console.log(`${passed} passed, ${problems.length} failed`);
process.exitCode = problems.length === 0 ? 0 : 1;
