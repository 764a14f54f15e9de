import type { QueueView, TaskView } from '../../../ports/task-queue.port.js';

/** Larger ones are shown with their task alone, so that a page stays small. */
const MOST_LISTED_BYTES = 4096;

export function queueView(queue: QueueView) {
  return {
    name: queue.name,
    is_paused: queue.isPaused,
    counts: queue.counts,
    latency_ms: queue.latencyMs,
    processed_today: queue.processedToday,
    failed_today: queue.failedToday,
    processed: queue.processed,
    failed: queue.failed,
  };
}

/** A task as lists show it: without payload and result where they are large; `*_bytes` tells. */
export function taskHead(task: TaskView) {
  const { payload, result } = task;
  return taskView(task, {
    payload: payload.length > MOST_LISTED_BYTES ? null : payload,
    result: result && result.length > MOST_LISTED_BYTES ? null : result,
  });
}

export function taskWhole(task: TaskView) {
  return taskView(task, task);
}

function taskView(task: TaskView, shown: { payload: Buffer | null; result: Buffer | null }) {
  return {
    id: task.id,
    queue: task.queue,
    type: task.type,
    state: task.state,
    ...bytesView('payload', task.payload, shown.payload),
    headers: task.headers,
    max_retries: task.maxRetries,
    retried: task.retried,
    last_error: task.lastError,
    last_failed_at: time(task.lastFailedAt),
    next_at: time(task.nextAt),
    completed_at: time(task.completedAt),
    ...bytesView('result', task.result, shown.result),
  };
}

/** JSON as it is, anything else as base64; `encoding` says which: a payload may be a JSON text that looks like base64. */
function bytesView(name: string, bytes: Buffer | null, shown: Buffer | null) {
  const json = shown && parsed(shown);
  return {
    [name]: shown && (json ? json.value : shown.toString('base64')),
    [`${name}_encoding`]: shown && (json ? 'json' : 'base64'),
    [`${name}_bytes`]: bytes && bytes.length,
  };
}

function parsed(bytes: Buffer): { value: unknown } | null {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown };
  } catch {
    return null;
  }
}

function time(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
