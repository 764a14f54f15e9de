// How long does nobody lead when a leader goes?
//   npm run bench -- takeover [rounds=20] [slowRounds=10]
// Needs Redis (test/servers/redis.sh). Two processes of dist/main.js with MODULES=leader,health and one lease; each round
// ends the leader at a random moment and puts a new standby in its place:
//   SIGTERM            from the release (its publish, as Redis' MONITOR tells it) to the other's "Became leader", which
//                      the log has in whole milliseconds; and from the signal, with SHUTDOWN_DELAY_MS=0
//   SIGKILL            from the signal, with LEADER_TTL_MS=1000
//   SIGKILL, default   the same with the default of 10 s, `slowRounds` of them
//   poller             SIGTERM and SIGKILL of one that holds a key of 10 s and of one that asks for it each 5 s, as the
//                      system has it that docs/coming-from-peekaping.md tells of (bench/peers/poller.mjs)
// Checks that terms rise.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startRedis } from './support/bench-redis.mjs';
import { Figure, latenessOf, percentile, shown } from './support/figures.mjs';
import { killWhenInterrupted } from './support/interrupted.mjs';
import { ROOT, inRoot } from './support/processes.mjs';

const SHORT_TTL_MS = 1000;
const DEFAULT_TTL_MS = 10_000;
const GRACE_MS = 100;
/** Nothing that is waited for takes longer. */
const PATIENCE_MS = 30_000;

let folder, server, redis, say;
const children = new Set();
let started = 0;

/** A process of the service; `said(pattern)` resolves with the time of the first log line of such a message. */
function startCandidate(env, program = inRoot('dist/main.js')) {
  const home = join(folder, String((started += 1)));
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH, PORT: '0', MODULES: 'leader,health', DATA_FOLDER: home, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(killWhenInterrupted(child));
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
async function takeovers({ name, signal, ttlMs, rounds, env, program }) {
  const releases = new Map();
  const key = `bench:lease:${name.replaceAll(' ', '-')}`;
  const monitor = await redis.monitor();
  monitor.on('monitor', (time, [command, channel]) => {
    if (/^publish$/i.test(command) && channel.startsWith(key))
      releases.set(releases.size, Number(time) * 1000);
  });
  const start = () =>
    startCandidate({ REDIS_URL: server.url, LEADER_KEY: key, SHUTDOWN_DELAY_MS: '0', ...env }, program);
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
    if (signal === 'SIGTERM' && !program) {
      if (releases.size !== round + 1)
        throw new Error(`${name}: ${releases.size} releases in round ${round + 1}`);
      result.fromRelease = won.at - releases.get(round);
    }
    results.push(result);
    const words = Object.entries(result).map(([what, ms]) => `${what} ${shown(ms)} ms`);
    say(`${name}, ${round + 1}  ${words.join(', ')}`);
    ({ term } = won);
    leader = standby;
  }
  leader.kill('SIGTERM');
  await leader.exited;
  monitor.disconnect();
  return results;
}

const POLLER = { ttlMs: DEFAULT_TTL_MS, env: {}, program: inRoot('bench/peers/poller.mjs') };
const KILLED = { name: 'carillon, SIGKILL, TTL 1 s', signal: 'SIGKILL', ttlMs: SHORT_TTL_MS };
const seriesOf = (rounds, slow) => [
  { name: 'carillon, SIGTERM', signal: 'SIGTERM', ttlMs: DEFAULT_TTL_MS, rounds, env: {} },
  { ...KILLED, rounds, env: { LEADER_TTL_MS: String(SHORT_TTL_MS) } },
  { name: 'carillon, SIGKILL, TTL 10 s', signal: 'SIGKILL', ttlMs: DEFAULT_TTL_MS, rounds: slow, env: {} },
  { name: '5 s poller, SIGTERM', signal: 'SIGTERM', rounds: slow, ...POLLER },
  { name: '5 s poller, SIGKILL', signal: 'SIGKILL', rounds: slow, ...POLLER },
];

function row(words, ms) {
  const { p50, p99, max } = latenessOf(ms);
  return [words, new Figure(p50), shown(p99), shown(max), String(ms.length)];
}

export default {
  name: 'takeover',
  title: 'Takeover: how long nobody leads',
  async run({ args: [rounds = 20, slow = 10], say: print }) {
    say = print;
    folder = mkdtempSync(join(ROOT, '.bench-'));
    server = startRedis(26_579);
    redis = new Redis(server.url);
    const raw = {};
    try {
      for (const series of seriesOf(rounds, slow)) raw[series.name] = await takeovers(series);
    } finally {
      for (const child of children) child.kill('SIGKILL');
      redis.disconnect();
      server.remove();
      rmSync(folder, { recursive: true, force: true });
    }
    return report(raw);
  },
};

function report(raw) {
  const of = (name, what) => raw[name].map((result) => result[what]);
  const fromSignal = (name) => row(name, of(name, 'fromSignal'));
  const head = (words) => [words, 'p50 ms', 'p99 ms', 'max ms', 'rounds'];
  const [stopped, killed, killedLong, pollerStopped, pollerKilled] = Object.keys(raw);
  const middle = (name) => percentile(of(name, 'fromSignal'), 0.5);
  return {
    tables: [
      [
        head('the leader is stopped; nobody leads, from the signal on'),
        fromSignal(stopped),
        fromSignal(pollerStopped),
        row('carillon, SIGTERM, from the release', of(stopped, 'fromRelease')),
      ],
      [
        head('the leader is killed; nobody leads, from the signal on'),
        fromSignal(killedLong),
        fromSignal(pollerKilled),
        fromSignal(killed),
      ],
    ],
    aims: [
      ['graceful p99 from the release, ms', percentile(of(stopped, 'fromRelease'), 0.99), '<=', 50],
      ['graceful, p50 to the poller', middle(stopped) / middle(pollerStopped), '<', 1],
      ['SIGKILL with the same TTL, p50 to the poller', middle(killedLong) / middle(pollerKilled), '<=', 1],
      [
        'SIGKILL, most beyond a TTL of 1 s, ms',
        Math.max(...of(killed, 'fromSignal')) - SHORT_TTL_MS,
        '<=',
        GRACE_MS,
      ],
    ],
    notes: [
      'A killed leader can say nothing: its lease of 10 s, renewed each 5 s, has to end, so that both wait for 5 to 10 s, and the poller for its next question on top.',
    ],
    raw,
  };
}
