import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A line of support/appender.mjs. */
export interface Said {
  ready?: number;
  key?: string;
  ids?: string[];
  written?: { id: string; topic: string; ok: boolean; partition: number; offset: number; code?: string }[];
}

export interface Child<Line> {
  process: ChildProcess;
  said: Line[];
  /** Resolves at the first line: the file is open. */
  ready: Promise<void>;
  /** Kills it with SIGKILL; resolves when all that it said has been read. */
  kill(): Promise<void>;
}

export function startChild(folder: string, round: number, mode: 'append' | 'hold' | 'exit'): Child<Said> {
  return startScript('appender.mjs', folder, String(round), mode);
}

/** A script of this folder that says JSON lines. */
export function startScript<Line>(script: string, ...args: string[]): Child<Line> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const said: Line[] = [];
  const lines = createInterface({ input: child.stdout });
  const ended = new Promise<void>((resolve) => lines.once('close', resolve));
  const ready = new Promise<void>((resolve, reject) => {
    lines.once('line', () => resolve());
    void ended.then(() => reject(new Error('the child ended before it was ready')));
  });
  ready.catch(() => undefined);
  lines.on('line', (line) => {
    // The last line may be torn by the kill.
    if (line.endsWith('}')) said.push(JSON.parse(line) as Line);
  });
  return {
    process: child,
    said,
    ready,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
