import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { maskText } from '../../core/secret-text.js';

export interface ChildOptions {
  /** All that the child sees of the environment. */
  environment: Readonly<Record<string, string>>;
  /** Of resident memory, in mebibytes: more, and it is killed. Half of it is its heap. */
  memoryMb: number;
  /** A delay of the child's event loop that counts, in milliseconds. */
  lateMs: number;
  logger: Logger;
  /** For tests: the module that the child runs. */
  entry?: URL;
}

export interface StartedChild {
  child: ChildProcess;
  /** The first line in which it spoke of an error; empty without one. */
  complaint: () => string;
}

const MOST_LINES = 50;

/** Starts a child; what it prints goes to the log, at most 50 lines. @throws what `fork` throws */
export function startChild(options: ChildOptions): StartedChild {
  const { environment, memoryMb, lateMs, logger } = options;
  const child = fork(options.entry ?? entryFile(), [String(lateMs)], {
    env: { ...environment },
    execArgv: [`--max-old-space-size=${Math.floor(memoryMb / 2)}`, ...inheritedFlags(process.execArgv)],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let complaint = '';
  let lines = 0;
  const onLine = (line: string) => {
    if (complaint === '' && /error|fatal/i.test(line)) complaint = maskText(line.slice(0, 300));
    if ((lines += 1) > MOST_LINES) return;
    logger.debug({ pid: child.pid }, `A check process printed: ${maskText(line.slice(0, 1_000))}`);
  };
  for (const stream of [child.stdout, child.stderr])
    if (stream) createInterface({ input: stream }).on('line', onLine);
  return { child, complaint: () => complaint };
}

/** Flags of this process that decide which certificates and which TLS are good enough. */
function inheritedFlags(flags: readonly string[]): string[] {
  return flags.filter((flag) =>
    /^--(use-(openssl|bundled|system)-ca|tls-|openssl-|enable-fips|force-fips)/.test(flag),
  );
}

/** Node cannot run TypeScript: under Jest the built one is used. */
function entryFile(): URL {
  const here = import.meta.url;
  const file = here.endsWith('.ts')
    ? new URL('../../../dist/checks/isolation/entry.js', here)
    : new URL('./entry.js', here);
  if (!existsSync(file)) throw new Error(`${fileURLToPath(file)} is missing: run npm run build`);
  return file;
}
