// Who takes part in bench/queue.mjs: how each is built or fetched, started, and where it keeps its tasks.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from './cached.mjs';
import { startPeer } from './peer.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const BULLMQ = '6.7.0';

const inRoot = (...path) => join(ROOT, ...path);

/** Built once for each state of its sources. */
export function goPeer() {
  const sources = inRoot('bench/peers/asynq-queue');
  const hash = createHash('sha256');
  for (const name of readdirSync(sources).sort()) hash.update(readFileSync(join(sources, name)));
  const build = (folder) =>
    execFileSync('go', ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-o', folder, '.'], {
      cwd: sources,
      env: { ...process.env, CGO_ENABLED: '0' },
      stdio: 'inherit',
    });
  return join(cached(`asynq-queue-${hash.digest('hex').slice(0, 12)}`, build), 'asynq-queue');
}

export function bullFolder() {
  const packages = [`bullmq@${BULLMQ}`, `ioredis@${versionOf('ioredis')}`];
  const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  return cached(packages.join('-'), (folder) =>
    execFileSync('npm', ['install', '--prefix', folder, ...options, ...packages], { stdio: 'inherit' }),
  );
}

export function versionOf(name) {
  return JSON.parse(readFileSync(inRoot('node_modules', name, 'package.json'), 'utf8')).version;
}

export const goVersion = () => execFileSync('go', ['version'], { encoding: 'utf8' }).split(' ')[2];

const ASYNQ = {
  pending: ['asynq:{default}:pending'],
  completed: 'asynq:{default}:completed',
  others: ['active', 'lease', 'scheduled', 'retry', 'archived'].map((state) => `asynq:{default}:${state}`),
};
export const BULL = {
  pending: ['bull:default:wait'],
  completed: 'bull:default:completed',
  others: ['active', 'delayed', 'failed', 'prioritized'].map((state) => `bull:default:${state}`),
};

export const CONTESTANTS = [
  {
    name: 'carillon',
    keys: ASYNQ,
    start: (url) => startPeer(process.execPath, [inRoot('bench/support/carillon-queue.mjs'), url]),
    ways: [
      { batch: 500, flight: 1, words: 'batches of 500' },
      { batch: 500, flight: 2, words: 'batches of 500, 2 callers' },
      { batch: 1, flight: 1, words: 'one at a time' },
      { batch: 1, flight: 16, words: 'one at a time, 16 callers' },
    ],
  },
  {
    name: 'asynq (Go)',
    keys: ASYNQ,
    start: (url) => startPeer(goPeer(), [url]),
    ways: [
      { batch: 1, flight: 1, words: '1 goroutine' },
      { batch: 1, flight: 16, words: '16 goroutines' },
    ],
  },
  {
    name: 'bullmq',
    keys: BULL,
    start: (url) => startPeer(process.execPath, [inRoot('bench/peers/bullmq-queue.mjs'), url, bullFolder()]),
    ways: [
      { batch: 500, flight: 1, words: 'addBulk of 500' },
      { batch: 500, flight: 2, words: 'addBulk of 500, 2 callers' },
    ],
  },
];
