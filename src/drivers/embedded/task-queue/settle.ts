import type { TaskVerdict } from '../../../ports/task-queue.port.js';
import type { AttemptEnd } from '../../task-metrics.js';
import type { Room } from './room.js';
import type { StoredTask } from './stored-task.js';

/** Of a failure's text, characters, as on Redis: it lies with the task wherever that lies. */
const LONGEST_MESSAGE = 2_000;

/** Carries a verdict out. `delayMs` before the next attempt, where there is one. */
export function settle(
  room: Room,
  task: StoredTask,
  verdict: TaskVerdict,
  { now, delayMs }: { now: number; delayMs: number },
): AttemptEnd {
  if (verdict.kind === 'done') {
    room.counters.ended(false, now);
    finish(room, task, verdict.result ?? null, now);
    return 'done';
  }
  task.lastError = verdict.message.slice(0, LONGEST_MESSAGE).toWellFormed();
  task.lastFailedAt = now;
  if (verdict.kind === 'retry' && verdict.countsAsFailure === false) {
    room.move(task, 'retry', now + delayMs);
    return 'spared';
  }
  room.counters.ended(true, now);
  if (verdict.kind === 'archive' || task.retried >= task.given.maxRetries) {
    room.move(task, 'archived', now);
    return 'archived';
  }
  task.retried += 1;
  room.move(task, 'retry', now + delayMs);
  return 'retried';
}

function finish(room: Room, task: StoredTask, result: Buffer | null, now: number): void {
  const { retentionMs } = task.given;
  if (retentionMs === 0) return room.drop(task);
  room.unlock(task);
  task.completedAt = now;
  if (result) room.keepResult(task, result);
  room.move(task, 'completed', now + retentionMs);
}
