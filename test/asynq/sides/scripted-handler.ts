import type { ActiveTask, TaskHandler, TaskVerdict } from '../../../src/ports/task-queue.port.js';
import type { Attempts } from './attempts.js';

/** What a task is to do, in its payload: the same words as in test/asynq-go/handler.go. */
export interface Script {
  /** Until it is released, or aborted. */
  hold?: boolean;
  /** A `hold` that does not hear the abort. */
  deaf?: boolean;
  panic?: string;
  failures?: number;
  message?: string;
  skipRetry?: boolean;
  result?: string;
}

export const payloadOf = (script: Script): Buffer => Buffer.from(JSON.stringify(script));

/** A handler that does what the payloads say, and how to let a held task go on. */
export function scriptedHandler(
  attempts: Attempts,
  spareTheFailed = false,
): { handle: TaskHandler; release(task: string): void } {
  const held = new Map<string, () => void>();
  const handle: TaskHandler = async (task, signal) => {
    attempts.add(beginOf(task));
    let error = 'panicked';
    try {
      const script = JSON.parse(task.payload.toString()) as Script;
      const verdict = await follow(script, task, signal, (release) => held.set(task.id, release));
      error = verdict.kind === 'done' ? '' : verdict.message;
      return spareTheFailed && verdict.kind === 'retry' ? { ...verdict, countsAsFailure: false } : verdict;
    } finally {
      attempts.add({ event: 'end', task: task.id, error });
    }
  };
  return { handle, release: (task) => held.get(task)?.() };
}

function beginOf(task: ActiveTask): Parameters<Attempts['add']>[0] {
  const { type, queue, retried, maxRetries, deadline } = task;
  return {
    event: 'begin',
    task: task.id,
    type,
    payload: task.payload.toString('base64'),
    headers: { ...task.headers },
    queue,
    retried,
    maxRetries,
    deadline,
  };
}

async function follow(
  script: Script,
  task: ActiveTask,
  signal: AbortSignal,
  hold: (release: () => void) => void,
): Promise<TaskVerdict> {
  const message = script.message ?? '';
  if (script.hold) {
    await new Promise<void>((resolve, reject) => {
      hold(resolve);
      if (!script.deaf) signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
  }
  if (script.panic) throw new Error(script.panic);
  if (task.retried < (script.failures ?? 0)) {
    return script.skipRetry ? { kind: 'archive', message } : { kind: 'retry', message };
  }
  return script.result ? { kind: 'done', result: Buffer.from(script.result) } : { kind: 'done' };
}
