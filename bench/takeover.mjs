// How long does nobody lead when a leader goes?
//   node bench/takeover.mjs [rounds=20]
// Needs Redis (test/servers/redis.sh). Two processes of dist/main.js with MODULES=leader,health and one lease; each round
// ends the leader at a random moment and puts a new standby in its place:
//   SIGTERM            from the release (its publish, as Redis' MONITOR tells it) to the other's "Became leader", which
//                      the log has in whole milliseconds; and from the signal, with SHUTDOWN_DELAY_MS=0
//   SIGKILL            from the signal, with LEADER_TTL_MS=1000
//   SIGKILL, default   the same with the default of 10 s, 3 rounds
// Checks that terms rise. Prints Markdown, and fails when a takeover after SIGKILL took longer than the TTL + 100 ms.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { startRedis } from './support/bench-redis.mjs';
import { percentile, shown, table } from './support/figures.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROUNDS = Number(process.argv[2] ?? 20);
const SHORT_TTL_MS = 1000;
const DEFAULT_TTL_MS = 10_000;
const GRACE_MS = 100;
/** Nothing that is waited for takes longer. */
const PATIENCE_MS = 30_000;

const folder = mkdtempSync(join(ROOT, '.bench-'));
const children = new Set();
let started = 0;

/** A process of the service; `said(pattern)` resolves with the time of the first log line of such a message. */
function startCandidate(env) {
  const home = join(folder, String((started += 1)));
  const child = spawn(process.execPath, [join(ROOT, 'dist/main.js')], {
    env: { PATH: process.env.PATH, PORT: '0', MODULES: 'leader,health', DATA_FOLDER: home, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  const exited = once(child, 'exit').then(() => children.delete(child));
  const lines = [];
  let listener = () => undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{')) return;
    lines.push(JSON.parse(line));
    listener();
  });
  const said = async (pattern) => {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = lines.find(({ msg }) => pattern.test(msg));
      if (found) return { ...found, at: Date.parse(found.time) };
      if (performance.now() > deadline) throw new Error(`no line ${pattern} in the log`);
      await Promise.race([new Promise((resolve) => (listener = resolve)), delay(1000)]);
    }
  };
  return { said, exited, kill: (signal) => child.kill(signal) };
}

const LEADS = /^Became leader/;
const WAITS = /^Standing by/;

/** Ends the leader `rounds` times; answers milliseconds for each. */
async function takeovers({ name, signal, ttlMs, rounds, env }) {
  const releases = new Map();
  const key = `bench:lease:${name.replaceAll(' ', '-')}`;
  const monitor = await redis.monitor();
  monitor.on('monitor', (time, [command, channel]) => {
    if (/^publish$/i.test(command) && channel.startsWith(key))
      releases.set(releases.size, Number(time) * 1000);
  });
  const start = () =>
    startCandidate({ REDIS_URL: server.url, LEADER_KEY: key, SHUTDOWN_DELAY_MS: '0', ...env });
  const results = [];
  let leader = start();
  let { term } = await leader.said(LEADS);
  for (let round = 0; round < rounds; round++) {
    const standby = start();
    await standby.said(WAITS);
    await delay(300 + (Math.random() * ttlMs) / 2);
    const signalledAt = Date.now();
    leader.kill(signal);
    const won = await standby.said(LEADS);
    await leader.exited;
    if (won.term <= term) throw new Error(`${name}: term ${won.term} follows ${term}`);
    const result = { fromSignal: won.at - signalledAt };
    if (signal === 'SIGTERM') {
      if (releases.size !== round + 1)
        throw new Error(`${name}: ${releases.size} releases in round ${round + 1}`);
      result.fromRelease = won.at - releases.get(round);
    }
    results.push(result);
    const words = Object.entries(result).map(([what, ms]) => `${what} ${shown(ms)} ms`);
    console.log(`${name.padEnd(24)} ${String(round + 1).padStart(3)}  ${words.join(', ')}`);
    ({ term } = won);
    leader = standby;
  }
  leader.kill('SIGTERM');
  await leader.exited;
  monitor.disconnect();
  return results;
}

const SERIES = [
  { name: 'SIGTERM', signal: 'SIGTERM', ttlMs: DEFAULT_TTL_MS, rounds: ROUNDS, env: {} },
  {
    name: 'SIGKILL, TTL 1 s',
    signal: 'SIGKILL',
    ttlMs: SHORT_TTL_MS,
    rounds: ROUNDS,
    env: { LEADER_TTL_MS: String(SHORT_TTL_MS) },
  },
  { name: 'SIGKILL, TTL 10 s', signal: 'SIGKILL', ttlMs: DEFAULT_TTL_MS, rounds: 3, env: {} },
];

function row(words, ms) {
  const at = (share) => shown(percentile(ms, share));
  return [words, String(ms.length), at(0.5), at(0.99), at(1)];
}

execFileSync(process.execPath, [join(ROOT, 'scripts/build-if-stale.mjs')], { cwd: ROOT, stdio: 'inherit' });
const server = startRedis(26_579);
const redis = new Redis(server.url);
try {
  const rows = [['takeover, ms', 'rounds', 'p50', 'p99', 'max']];
  for (const series of SERIES) {
    const results = await takeovers(series);
    const fromSignal = results.map((result) => result.fromSignal);
    const fromRelease = results.map((result) => result.fromRelease);
    if (series.signal === 'SIGTERM') rows.push(row('SIGTERM, from the release', fromRelease));
    rows.push(row(`${series.name}, from the signal`, fromSignal));
    if (series.signal === 'SIGKILL' && Math.max(...fromSignal) > series.ttlMs + GRACE_MS)
      process.exitCode = 1;
  }
  console.log(`\n${table(rows)}\n`);
  console.log(`Node ${process.version}; ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}.`);
  console.log(`Aims: p99 after SIGTERM under 50 ms; after SIGKILL never above the TTL + ${GRACE_MS} ms`);
  if (process.exitCode) console.log('Missed: a takeover after SIGKILL took longer.');
} finally {
  for (const child of children) child.kill('SIGKILL');
  redis.disconnect();
  server.remove();
  rmSync(folder, { recursive: true, force: true });
}
