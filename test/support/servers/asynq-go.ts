import { fileURLToPath } from 'node:url';
import { startLineProgram, type LineProgram } from './line-program.js';

const SCRIPT = fileURLToPath(new URL('../../servers/asynq-go.sh', import.meta.url));

/** `kind`: task-id-conflict, duplicate-task, task-not-found, queue-not-found, queue-not-empty, other. */
export { LineProgramError as AsynqGoError } from './line-program.js';

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
export interface AsynqGo extends Omit<LineProgram, 'onEvent' | 'end'> {
  onEvent(listener: (event: AsynqGoEvent) => void): void;
}

/**
 * Starts one (10 ms) with the Redis at `url`; call `kill` in the end. It also ends with the process that started it.
 * A worker that is to end cleanly is asked to `stop` before.
 */
export function startAsynqGo(url: string): AsynqGo {
  return startLineProgram('asynq-go', SCRIPT, ['run', url]);
}
