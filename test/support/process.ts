import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll } from '@jest/globals';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const START_MS = 20_000;

/** A test that failed half-way leaves nothing running. */
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** The built service as a process of its own, to be killed and signalled. */
export interface RunningProcess {
  url: string;
  child: ChildProcess;
  folder: string;
  /** Every log line so far. */
  log: string[];
  /** The exit code, or the signal's name. */
  exited: Promise<number | NodeJS.Signals>;
}

export interface ProcessResult {
  code: number | null;
  stderr: string;
}

/** What a process inherits: nothing that would configure it. */
function cleanEnvironment(env: Record<string, string>): Record<string, string> {
  return { PATH: process.env.PATH ?? '', PORT: '0', SHUTDOWN_DELAY_MS: '0', ...env };
}

/** Starts `dist/main.js`; resolves when it listens. `startMs`: how long that may take, where much else runs. `cwd`: DATA_FOLDER when it is left out. */
export async function startProcess(
  env: Record<string, string> = {},
  startMs = START_MS,
  cwd?: string,
): Promise<RunningProcess> {
  const folder = env.DATA_FOLDER ?? (await mkdtemp(join(tmpdir(), 'carillon-process-')));
  const child = spawn(process.execPath, [MAIN], {
    cwd: cwd ?? folder,
    env: cleanEnvironment({ DATA_FOLDER: folder, ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  void once(child, 'exit').then(() => running.delete(child));
  const log: string[] = [];
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const url = new Promise<string>((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`${reason}:\n${log.join('\n')}`));
    const timer = setTimeout(fail, startMs, 'The service did not start in time');
    const read = (line: string) => {
      log.push(line);
      const found = /listens on (http:\/\/\S+)/.exec(line)?.[1];
      if (!found) return;
      clearTimeout(timer);
      resolve(found);
    };
    createInterface({ input: child.stdout }).on('line', read);
    createInterface({ input: child.stderr }).on('line', read);
    void exited.then((code) => {
      clearTimeout(timer);
      fail(`The service ended with ${code}`);
    });
  });
  return { url: await url, child, folder, log, exited };
}

/** Runs `dist/main.js` to its end, for start-up errors. */
export async function runToEnd(env: Record<string, string>, cwd?: string): Promise<ProcessResult> {
  const folder = cwd ?? (await mkdtemp(join(tmpdir(), 'carillon-process-')));
  const child = spawn(process.execPath, [MAIN], {
    cwd: folder,
    env: cleanEnvironment({ DATA_FOLDER: folder, ...env }),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), START_MS);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return { code, stderr };
}
