import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const ANSWER_MS = 20_000;

/** A program refused a command. `kind` is the program's own classification. */
export class LineProgramError extends Error {
  override readonly name = 'LineProgramError';
  constructor(
    message: string,
    readonly kind: string,
  ) {
    super(message);
  }
}

/** A program of the tests' own that takes commands as JSON lines on standard input, and answers on standard output. */
export interface LineProgram {
  pid: number;
  /** @throws LineProgramError when the program refuses */
  ask<T = unknown>(command: string, parameters?: object, deadlineMs?: number): Promise<T>;
  onEvent(listener: (event: never) => void): void;
  /** Closes its standard input, and resolves when it has ended. */
  end(): Promise<void>;
  /** SIGKILL; idempotent. */
  kill(): Promise<void>;
}

interface Answer {
  id?: number;
  answer?: unknown;
  error?: string;
  kind?: string;
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** Starts `bash script ...args`. The program also ends with the process that started it, by the end of its input. */
export function startLineProgram(name: string, script: string, args: string[]): LineProgram {
  const child = spawn('bash', [script, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const waiting = new Map<number, Waiting>();
  const listeners: ((event: never) => void)[] = [];
  const log = lastLines(child);
  let next = 1;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as Answer;
    if ('event' in said) for (const listener of listeners) listener(said as never);
    else settle(waiting, said);
  });
  const exited = once(child, 'exit').then(([code, signal]) => {
    const why = `${name} ended with ${String(code ?? signal)}:\n${log.join('\n')}`;
    for (const asker of waiting.values()) asker.reject(new Error(why));
  });
  child.stdin.on('error', () => undefined); // it has ended: `exited` says so
  return {
    pid: child.pid!,
    ask: <T>(command: string, parameters: object = {}, deadlineMs = ANSWER_MS) => {
      const id = next++;
      const answer = new Promise<T>((resolve, reject) => {
        if (child.exitCode !== null || child.signalCode) reject(new Error(`${name} has ended`));
        else waiting.set(id, { resolve: (given) => resolve(given as T), reject });
      });
      child.stdin.write(`${JSON.stringify({ id, do: command, with: parameters })}\n`);
      return inTime(answer, deadlineMs, () => `${name}: no answer to ${command}:\n${log.join('\n')}`);
    },
    onEvent: (listener) => void listeners.push(listener),
    end: async () => {
      child.stdin.end();
      await exited;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function settle(waiting: Map<number, Waiting>, said: Answer): void {
  const asker = waiting.get(said.id!);
  waiting.delete(said.id!);
  if (said.error === undefined) asker?.resolve(said.answer);
  else asker?.reject(new LineProgramError(said.error, said.kind ?? 'other'));
}

function lastLines(child: ChildProcess): string[] {
  const log: string[] = [];
  createInterface({ input: child.stderr! }).on('line', (line) => {
    log.push(line);
    if (log.length > 50) log.shift();
  });
  return log;
}

async function inTime<T>(answer: Promise<T>, ms: number, why: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(why())), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
