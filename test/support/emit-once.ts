import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A test that failed half-way leaves nothing running. */
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** One run of the one-shot command. */
export interface OnceRun {
  child: ChildProcess;
  /** The working folder, its own. */
  folder: string;
  /** Its log so far, line by line. */
  log(): Record<string, unknown>[];
  /** All that it wrote, when it is over. */
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

export interface OnceOptions {
  /** The working folder; a new one when absent. */
  folder?: string;
  /** `npm run emit:once` instead of `node dist/emit-once.js`. */
  npm?: boolean;
}

/** Starts the command with this environment and nothing else. */
export async function startOnce(
  env: Record<string, string>,
  { folder, npm = false }: OnceOptions = {},
): Promise<OnceRun> {
  const cwd = npm ? ROOT : (folder ?? (await mkdtemp(join(tmpdir(), 'carillon-once-'))));
  const [command, args] = npm
    ? ['npm', ['run', '--silent', 'emit:once']]
    : [process.execPath, [join(ROOT, 'dist/emit-once.js')]];
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(command, args, {
    cwd,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child);
    return { code: code as number | null, stdout, stderr };
  });
  const log = () =>
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { child, folder: cwd, log, ended };
}

/** Runs it to its end. */
export async function emitOnce(env: Record<string, string>, options: OnceOptions = {}) {
  const run = await startOnce(env, options);
  return { ...(await run.ended), log: run.log(), folder: run.folder };
}
