// docs/benchmarks.md, and the README's lines, from what bench/results holds.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { bestLines } from './best-lines.mjs';
import { BENCHES, CHECKS } from './benches.mjs';
import { inRoot } from './processes.mjs';
import { markdown } from './report.mjs';

/** Of one bench; one that was never run says so. */
function keptOf(name) {
  const path = inRoot(`bench/results/${name}.json`);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'));
  return { name, title: name, report: { notRun: 'nobody has run it yet' } };
}

function section(kept) {
  const { name, title, report, seconds, machine } = kept;
  const [head, ...rest] = markdown({ title, report }).split('\n');
  const ran = report.notRun ? '' : ` ${machine.at}, commit ${machine.commit}, ${seconds} s.`;
  return [head, '', `\`npm run bench -- ${name}\`: ${BENCHES[name].words}${ran}`, ...rest].join('\n');
}

const HOW = `\`\`\`
npm run bench                         # all, one after the other; writes this page and the README's lines
npm run bench -- queue                # one; its file in bench/ says which arguments it takes
npm run bench -- docs                 # this page again, from what bench/results holds
\`\`\`

It needs Node, and for all of them Python 3, Go, Java with Maven, Redis and RabbitMQ; a bench whose tool is missing says so, is
marked here as not run, and the exit code is 69 (1 when one failed). Servers are started by [test/servers](../test/servers/README.md) on
ports of their own, peers installed from their registries into \`~/.cache/carillon\` (\`CARILLON_CACHE\`) once, and everything is ended and
removed again. Contestants take turns within each round (A B C A B C), each as a process of its own; what they did is
counted, and a bench whose work is incomplete fails. The peers in [bench/peers](../bench/peers) do what the systems do that Carillon takes
the place of, with their settings.`;

const COLUMNS = `A figure is the median of all rounds, with the minimum and the maximum in brackets. *To the first*: the column before it,
as a multiple of the first row's. *CPU*: user and system time of that process alone (not of brokers, databases or
the load). *p50*, *p99*: by nearest rank, of all requests of a round. *Lateness*: from the moment that was planned. The
machine serves brokers, load and contestants at once: trust the ratios.`;

const checks = () =>
  Object.entries(CHECKS).map(([name, words]) => `- \`npm run bench -- ${name}\`: ${words}`);

function machineOf(kept) {
  const newest = kept
    .filter(({ machine }) => machine)
    .sort((a, b) => (a.machine.at < b.machine.at ? 1 : -1))[0];
  if (!newest) return ['Nothing has been measured yet.'];
  const { cores, memory, system } = newest.machine;
  const rows = Object.entries(newest.versions).map(([kind, names]) => `- ${kind}: ${names.join(', ')}`);
  return [`${system}, ${cores}, ${memory}.`, '', ...rows];
}

function page(kept, best) {
  return [
    '# Benchmarks',
    '',
    '<!-- Written by npm run bench. -->',
    '',
    'What Carillon does beside the alternatives, as it was measured last. The best lines:',
    '',
    ...best,
    ...['', '## How to run it', '', HOW],
    ...['', '## What the columns mean', '', COLUMNS],
    ...['', '## Machine and versions', '', ...machineOf(kept), ''],
    ...kept.map(section),
    '## Checks beside them',
    '',
    'They compare with nobody, have limits of their own, and are not in the full run:',
    '',
    ...checks(),
    '',
  ].join('\n');
}

const BLOCK = /(<!-- best lines: written by npm run bench -->\n)[^]*?(<!-- end of best lines -->)/;

/** @throws when the README has no such block */
export function withBestLines(readme, best) {
  if (!BLOCK.test(readme)) throw new Error('README.md has no block for the best lines');
  return readme.replace(BLOCK, (_, begin, end) => `${begin}${best.join('\n')}\n${end}`);
}

export function writeDocs() {
  const kept = Object.keys(BENCHES).map(keptOf);
  const best = bestLines(kept);
  writeFileSync(inRoot('docs/benchmarks.md'), page(kept, best));
  const readme = inRoot('README.md');
  writeFileSync(readme, withBestLines(readFileSync(readme, 'utf8'), best));
  console.log('wrote docs/benchmarks.md and the best lines of README.md');
}
