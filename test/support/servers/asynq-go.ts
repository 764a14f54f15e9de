import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../servers/asynq-go.sh', import.meta.url));
const ANSWER_MS = 20_000;

/** `kind`: task-id-conflict, duplicate-task, task-not-found, queue-not-found, queue-not-empty, other. */
export class AsynqGoError extends Error {
  override readonly name = 'AsynqGoError';
  constructor(
    message: string,
    readonly kind: string,
  ) {
    super(message);
  }
}

/** What the program says between its answers: see test/asynq-go/handler.go. Bytes are base64. */
export type AsynqGoEvent =
  | {
      event: 'begin';
      task: string;
      type: string;
      payload: string | null;
      headers: Record<string, string> | null;
      queue: string;
      retried: number;
      maxRetries: number;
      /** Milliseconds since the Unix epoch. */
      deadline: number;
    }
  | { event: 'end'; task: string; error: string };

/** A process of the real Asynq library; `commands` are those of test/asynq-go/*.go. */
export interface AsynqGo {
  pid: number;
  /** @throws AsynqGoError when the library refuses */
  ask<T = unknown>(command: string, parameters?: object): Promise<T>;
  onEvent(listener: (event: AsynqGoEvent) => void): void;
  /** Its end without any goodbye; idempotent. A worker that is to end cleanly is asked to `stop` before. */
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

/** Starts one (10 ms) with the Redis at `url`; call `kill` in the end. It also ends with the process that started it. */
export function startAsynqGo(url: string): AsynqGo {
  const child = spawn('bash', [SCRIPT, 'run', url], { stdio: ['pipe', 'pipe', 'pipe'] });
  const waiting = new Map<number, Waiting>();
  const listeners: ((event: AsynqGoEvent) => void)[] = [];
  const log = lastLines(child);
  let next = 1;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as Answer | AsynqGoEvent;
    if ('event' in said) for (const listener of listeners) listener(said);
    else settle(waiting, said);
  });
  const exited = once(child, 'exit').then(([code, signal]) => {
    const why = `asynq-go ended with ${String(code ?? signal)}:\n${log.join('\n')}`;
    for (const asker of waiting.values()) asker.reject(new Error(why));
  });
  child.stdin.on('error', () => undefined); // it has ended: `exited` says so
  return {
    pid: child.pid!,
    ask: <T>(command: string, parameters: object = {}) => {
      const id = next++;
      const answer = new Promise<T>((resolve, reject) => {
        if (child.exitCode !== null || child.signalCode) reject(new Error('asynq-go has ended'));
        else waiting.set(id, { resolve: (given) => resolve(given as T), reject });
      });
      child.stdin.write(`${JSON.stringify({ id, do: command, with: parameters })}\n`);
      return inTime(answer, () => `asynq-go: no answer to ${command}:\n${log.join('\n')}`);
    },
    onEvent: (listener) => void listeners.push(listener),
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
  else asker?.reject(new AsynqGoError(said.error, said.kind ?? 'other'));
}

function lastLines(child: ChildProcess): string[] {
  const log: string[] = [];
  createInterface({ input: child.stderr! }).on('line', (line) => {
    log.push(line);
    if (log.length > 50) log.shift();
  });
  return log;
}

async function inTime<T>(answer: Promise<T>, why: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(why())), ANSWER_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
