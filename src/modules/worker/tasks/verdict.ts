import { asAppError } from '../../../core/errors.js';
import type { TaskVerdict } from '../../../ports/task-queue.port.js';

/** So long a task stays away when it is not its fault, milliseconds; half as much more by chance. */
const AWAY_MS = 4_000;

/** Not worth another attempt. The message is for who looks at the archived task: without payload and secret. */
export class TaskRefusedError extends Error {
  override readonly name = 'TaskRefusedError';
}

/** For another worker that knows it; when none does, it is archived after its retries. */
export class ForeignTaskError extends Error {
  override readonly name = 'ForeignTaskError';
}

/**
 * What becomes of a task whose handling threw. What is away (the store), and what has no place now (a host that many
 * wait for), says nothing about the task, and spares its retries.
 */
export function verdictOf(thrown: unknown, random = Math.random): TaskVerdict {
  if (thrown instanceof TaskRefusedError) return { kind: 'archive', message: thrown.message };
  if (thrown instanceof ForeignTaskError) return { kind: 'retry', message: thrown.message };
  const { code, message, retryable } = asAppError(thrown);
  const spared = retryable || code === 'OUTCOME_UNKNOWN';
  if (!spared) return { kind: 'retry', message: `${code}: ${message}` };
  const delayMs = Math.round(AWAY_MS * (1 + random() / 2));
  return { kind: 'retry', message: `${code}: ${message}`, delayMs, countsAsFailure: false };
}
