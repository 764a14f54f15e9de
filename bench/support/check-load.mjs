// Checks without end, from a process of its own: node check-load.mjs '{"dist":"/…/dist/","type":"http","config":{…},"seconds":5,"atOnce":50}'
// As a worker runs them, in child processes where the build does that. Prints JSON: checks, those that were up,
// seconds, and the CPU seconds that it took, children included.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { cpuSeconds } from './processes.mjs';

const { dist, type, config, seconds, atOnce } = JSON.parse(process.argv[2]);
const load = (path) => import(pathToFileURL(`${dist}checks/${path}`).href);

const { discoverChecks } = await load('discover-checks.js');
const { openTargetNet } = await load('targets/open-target-net.js');
const { runCheck } = await load('run-check.js');
const definition = (await discoverChecks()).get(type);
const net = openTargetNet({ level: 'any', allow: [], deny: [] });

/** Builds before child processes know nothing of them. */
async function opened() {
  const logger = { debug: () => undefined, warn: console.error, error: console.error };
  try {
    const [{ CheckProcesses }, { aimOf }] = [
      await load('isolation/check-processes.js'),
      await load('target-of.js'),
    ];
    if (!aimOf(definition, config).isIsolated) return { run: runCheck, stop: () => undefined };
    const pool = new CheckProcesses({
      processes: 1,
      memoryMb: 512,
      environment: {},
      lateMs: 60_000,
      net,
      logger,
    });
    return { run: (...given) => pool.run(...given), stop: () => pool.stop() };
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return { run: runCheck, stop: () => undefined };
  }
}

const { run, stop } = await opened();
let [checks, up] = [0, 0];
const monitor = { id: 'm', name: 'm', type, interval: 60, createdAt: 0 };

async function look() {
  const abort = new globalThis.AbortController();
  const context = {
    monitor,
    signal: abort.signal,
    timeoutMs: 30_000,
    net,
    now: Date.now,
    lastPush: () => null,
  };
  const { found } = await run(definition, config, context);
  checks += 1;
  if (found === 'up') up += 1;
}

async function during(ms) {
  const end = performance.now() + ms;
  const client = async () => {
    while (performance.now() < end) await look();
  };
  await Promise.all(Array.from({ length: atOnce }, client));
}

const family = () => [
  process.pid,
  ...readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean),
];
const cpu = () => family().reduce((sum, pid) => sum + cpuSeconds(pid), 0);

await during(2_000); // until V8 has compiled what is hot
[checks, up] = [0, 0];
const [begun, cpuBefore] = [performance.now(), cpu()];
await during(seconds * 1_000);
const took = { seconds: (performance.now() - begun) / 1_000, cpu: cpu() - cpuBefore };
console.log(JSON.stringify({ checks, up, ...took }));
await stop();
process.exit();
