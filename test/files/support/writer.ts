import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { FileSettings } from '../../../src/config/processor-settings.js';

export interface Order {
  name: string;
  identity: string | null;
  redelivered: boolean;
  /** Makes the content that much longer. */
  extraBytes?: number;
}

export interface Said {
  ready?: number;
  name?: string;
  outcome?: 'written' | 'known';
  code?: string;
  message?: string;
}

export interface WriterOptions {
  /** The largest file that it may write, in units of 512 bytes. */
  blocks?: number;
  /** Added to the environment. */
  env?: Record<string, string>;
  /** A program, with its arguments, that runs it. */
  under?: string[];
}

/** Another process with a file store (writing-process.mjs). */
export class Writer {
  /** Resolves when its folder is open. */
  readonly ready: Promise<void>;
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;

  constructor(
    settings: FileSettings,
    onSaid: (said: Said) => void,
    { blocks, env = {}, under = [] }: WriterOptions = {},
  ) {
    const script = fileURLToPath(new URL('./writing-process.mjs', import.meta.url));
    const limit = blocks === undefined ? '' : `ulimit -f ${blocks}; `;
    const command = [...under, process.execPath, script, JSON.stringify(settings)];
    this.child = spawn('sh', ['-c', `${limit}exec "$@"`, 'sh', ...command], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    this.child.stdin!.on('error', () => undefined);
    const lines = createInterface({ input: this.child.stdout! });
    this.ended = new Promise((resolve) => lines.once('close', resolve));
    this.ready = new Promise((resolve, reject) => {
      lines.once('line', () => resolve());
      void this.ended.then(() => reject(new Error('the writer ended before it was ready')));
    });
    this.ready.catch(() => undefined);
    lines.on('line', (line) => {
      // The last line may be torn by the kill.
      if (line.endsWith('}')) onSaid(JSON.parse(line) as Said);
    });
  }

  order(order: Order): void {
    this.child.stdin!.write(`${JSON.stringify(order)}\n`);
  }

  /** Resolves when all that it said has been read. */
  async kill(): Promise<void> {
    // Its output may end before the process is gone, and recovery asks the system for its number.
    const isRunning = this.child.exitCode === null && this.child.signalCode === null;
    const exited = isRunning ? once(this.child, 'exit') : undefined;
    this.child.kill('SIGKILL');
    await Promise.all([this.ended, exited]);
  }

  /** No more orders; resolves when it has carried out those it has. */
  async finish(): Promise<void> {
    this.child.stdin!.end();
    await Promise.all([this.ended, once(this.child, 'exit')]);
  }
}
