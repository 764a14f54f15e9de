import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** How long a server may take to start; give it to the `beforeAll` that starts one. */
export const SERVER_START_MS = 120_000;

export interface RunOptions {
  env?: Record<string, string>;
  deadlineMs?: number;
}

/** Runs a program in the root of the project. @throws with what it printed when it fails or is late. */
export async function runProgram(program: string, args: string[], options: RunOptions = {}): Promise<string> {
  const { env = {}, deadlineMs = SERVER_START_MS } = options;
  try {
    const { stdout } = await run(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      timeout: deadlineMs,
    });
    return stdout;
  } catch (error) {
    const { stderr, killed, message } = error as Error & { stderr?: string; killed?: boolean };
    const why = killed ? `not done in ${deadlineMs} ms` : stderr || message;
    throw new Error(`${program} ${args.join(' ')}: ${why}`, { cause: error });
  }
}

/** Runs a script of test/servers. */
export function runScript(script: string, args: string[], options: RunOptions = {}): Promise<string> {
  return runProgram('bash', [`test/servers/${script}`, ...args], options);
}
