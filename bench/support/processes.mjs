// Processes that are measured: started, asked what they took, ended.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { clearTimeout, setTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { killWhenInterrupted } from './interrupted.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const inRoot = (...path) => join(ROOT, ...path);

/** Builds dist when the sources are newer. */
export function build() {
  execFileSync(process.execPath, [inRoot('scripts/build-if-stale.mjs')], { cwd: ROOT, stdio: 'inherit' });
}

/** User and system time of a process so far, seconds; threads included. */
export function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory, MB: now, and at most so far. */
export function memoryMb(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024);
  return { now: of('VmRSS'), peak: of('VmHWM') };
}

/** Starts a program and waits for the line that `isUp` matches; its first group is the URL. */
export async function start(command, args, { env = {}, cwd, isUp = /listens on (http:\/\/[\d.:]+)/ } = {}) {
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env.PATH, PYTHONDONTWRITEBYTECODE: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  killWhenInterrupted(child);
  const said = [];
  let told;
  const up = new Promise((resolve) => (told = resolve));
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      if (said.length < 50) said.push(line);
      const found = isUp.exec(line);
      if (found) told(found[1] ?? '');
    });
  const ended = once(child, 'exit');
  const url = await Promise.race([up, ended.then(() => null)]);
  if (url === null) throw new Error(`${command} ${args.join(' ')} ended:\n${said.join('\n')}`);
  return {
    pid: child.pid,
    url,
    stop: async () => {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
      const [code] = await ended;
      clearTimeout(late);
      return code;
    },
  };
}

/** The service, with these variables; `dist`: the folder of another build of it. */
export function startCarillon(env, dist = inRoot('dist')) {
  return start(process.execPath, [join(dist, 'main.js')], { env: { PORT: '0', ...env } });
}

/** Runs a program to its end; its standard output. */
export function output(command, args, options = {}) {
  const child = killWhenInterrupted(
    spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options }),
  );
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      code === 0 ? resolve(text) : reject(new Error(`${basename(command)} ended with ${code ?? signal}`)),
    );
  });
}
