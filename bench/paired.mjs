// Is this build slower than an earlier one?
//   npm run bench -- paired <dist folder of the earlier build> [pairs=7] [seconds=10] [benches=single,startup,checks]
// Both builds are copied into the project, so that both run on its node_modules, then measured in turn; which one is first
// changes from pair to pair. Nothing else should run on the machine. Benches, and how much slower they may be:
//   single, batch  3 %: as `npm run bench -- produce`, for so many seconds (needs Java): time and CPU a record, p99
//   startup        3 %: as `npm run bench -- startup`: from the start to /health/ready, and the CPU that took; three starts each
//   checks         as many checks a second less 15 %: http checks on one core, 50 at once, of which those that read the body
//                  run in child processes (their safety is what that costs)
// Each pair is one ratio, this build's time to the earlier one's: above 1 is slower. Printed are the median of the ratios and
// the interval in which it lies with the certainty beside it. Exit code: 0 no median is above its limit, 1 one is (but for
// p99, which is told only), 64 wrong usage, 69 Java is missing.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gateway, measure } from './produce.mjs';
import { startUp } from './startup.mjs';
import { startKafka } from './support/bench-kafka.mjs';
import { median, medianOf, shown, table } from './support/figures.mjs';
import { measureChecks } from './support/http-checks.mjs';
import { endWithSignals, whenInterrupted } from './support/interrupted.mjs';
import { missing } from './support/needs.mjs';
import { build, cpuSeconds, inRoot } from './support/processes.mjs';

const [OK, FAILED, USAGE, UNAVAILABLE] = [0, 1, 64, 69];
const STARTS = 3;
/** `most`: of the median ratio. */
const BENCHES = {
  single: { needs: ['java'], most: 1.03, measure: produce },
  batch: { needs: ['java'], most: 1.03, measure: produce },
  startup: { needs: [], most: 1.03, measure: startup },
  checks: { needs: [], most: 1 / 0.85, measure: measureChecks },
};
const needsOf = (names) => [...new Set(names.flatMap((name) => BENCHES[name].needs))];

/** In this way a larger figure is a slower build. */
async function produce({ name, dist, seconds, kafka, folder, at }) {
  const contestant = gateway(`carillon-${at}`, kafka, join(folder, at), dist);
  const { rate, cpu, p99 } = await measure(kafka, contestant, name, seconds, at);
  return { 'us a record': 1e6 / rate, 'CPU us a record': cpu, 'p99 ms': p99 };
}

async function startOnce(dist) {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'));
  const { service, ready } = await startUp(folder, dist);
  const cpu = cpuSeconds(service.pid);
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
  return { ready, cpu };
}

async function startup({ dist }) {
  const starts = [];
  for (let start = 0; start < STARTS; start++) starts.push(await startOnce(dist));
  return {
    'start to ready, s': median(starts.map(({ ready }) => ready)),
    'CPU of a start, s': median(starts.map(({ cpu }) => cpu)),
  };
}

/** Both builds beside each other in a folder of the project: the paths are as long, and a rebuild changes nothing. */
function copyBuilds(earlier) {
  const folder = mkdtempSync(inRoot('.bench-paired-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  whenInterrupted(remove);
  const copy = (name, from) => {
    mkdirSync(join(folder, name));
    cpSync(from, join(folder, name, 'dist'), { recursive: true });
    cpSync(inRoot('package.json'), join(folder, name, 'package.json'));
    return { name, dist: join(folder, name, 'dist') };
  };
  return { builds: [copy('before', earlier), copy('after', inRoot('dist'))], folder, remove };
}

/** Measures all pairs of one bench; the figures of each build, in order. */
async function measurePairs(name, { builds, pairs, seconds, kafka, folder }) {
  const seen = { before: [], after: [] };
  for (let pair = 1; pair <= pairs; pair++)
    for (const { name: which, dist } of pair % 2 ? builds : [...builds].reverse()) {
      const at = `${pair}-${which}`;
      const figure = await BENCHES[name].measure({ name, dist, seconds, kafka, folder, at });
      seen[which].push(figure);
      const words = Object.entries(figure).map(([what, value]) => `${what} ${shown(value)}`);
      console.log(`pair ${pair}  ${name}  ${which}: ${words.join(', ')}`);
    }
  return seen;
}

/** Rows of the table, and whether they are above the limit. */
function compare(name, { before, after }) {
  return Object.keys(after[0]).map((what) => {
    const of = (figures) => figures.map((figure) => figure[what]);
    const ratios = of(after).map((value, index) => value / of(before)[index]);
    const ratio = medianOf(ratios);
    const row = [
      `${name}: ${what}`,
      ...[before, after].map((figures) => shown(medianOf(of(figures)).median)),
      ratio.median.toFixed(3),
      `${ratio.least.toFixed(3)} to ${ratio.most.toFixed(3)}`,
      `${(ratio.certainty * 100).toFixed(1)} %`,
    ];
    return { row, isSlower: ratio.median > BENCHES[name].most && !what.startsWith('p99') };
  });
}

async function run({ earlier, pairs, seconds, names }) {
  const { builds, folder, remove } = copyBuilds(earlier);
  let kafka;
  try {
    if (needsOf(names).includes('java')) kafka = await startKafka(29_192);
    const compared = [];
    for (const name of names)
      compared.push(...compare(name, await measurePairs(name, { builds, pairs, seconds, kafka, folder })));
    const head = ['', 'before', 'after', 'after to before', 'lies in', 'certainty'];
    console.log(`\n${table([head, ...compared.map(({ row }) => row)])}`);
    return compared.some(({ isSlower }) => isSlower) ? FAILED : OK;
  } finally {
    await kafka?.remove();
    remove();
  }
}

async function main([folder, pairs = 7, seconds = 10, list = 'single,startup,checks']) {
  const names = list.split(',');
  const wrong = names.find((name) => !BENCHES[name]);
  if (folder === undefined || wrong !== undefined || !(Number(pairs) >= 1) || !(Number(seconds) > 0)) {
    console.error(
      `${wrong === undefined ? '' : `There is no bench ${wrong}. `}Usage: npm run bench -- paired <dist folder of the earlier build> [pairs=7] [seconds=10] [benches=${Object.keys(BENCHES).join(',')}]`,
    );
    return USAGE;
  }
  const earlier = resolve(process.env.INIT_CWD ?? '.', folder);
  if (!existsSync(join(earlier, 'main.js'))) {
    console.error(`${earlier} has no main.js: name the dist folder of a build.`);
    return USAGE;
  }
  const lacking = missing(needsOf(names));
  if (lacking.length > 0) {
    console.error(`This machine has no ${lacking.join(' and no ')}`);
    return UNAVAILABLE;
  }
  build();
  return run({ earlier, pairs: Number(pairs), seconds: Number(seconds), names });
}

endWithSignals();
process.exitCode = await main(process.argv.slice(2));
