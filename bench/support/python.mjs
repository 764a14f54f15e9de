// Python with packages, installed once into the cache.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from './cached.mjs';
import { inRoot } from './processes.mjs';

const REQUIREMENTS = inRoot('bench/peers/requirements.txt');

/** The folder of programs of a Python 3 that has bench/peers/requirements.txt. */
export function pythonBin() {
  const text = readFileSync(REQUIREMENTS, 'utf8');
  const name = `bench-python-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
  // An environment knows its own path: it is made where it stays, and marked when it is whole.
  const home = cached(name, () => undefined);
  const bin = join(home, 'venv', 'bin');
  const isWhole = (() => {
    try {
      execFileSync(join(bin, 'python'), [
        '-c',
        'import fastapi, uvicorn, confluent_kafka, aiokafka, pika, aiohttp',
      ]);
      return true;
    } catch {
      return false;
    }
  })();
  if (!isWhole) {
    execFileSync('python3', ['-m', 'venv', '--clear', join(home, 'venv')], { stdio: 'inherit' });
    execFileSync(join(bin, 'pip'), ['install', '--quiet', '-r', REQUIREMENTS], { stdio: 'inherit' });
  }
  return bin;
}
