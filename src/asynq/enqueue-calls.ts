import { writeMessage } from './codec.js';
import { WireWriter } from './codec-wire.js';
import type { PreparedTask } from './enqueue-task.js';

/** A script call blocks Redis for its time: about 5 ms at 500 tasks. */
const MAX_TASKS = 500;
/** Above this a call ends after the task that goes beyond it, so that large tasks do not fill the server's buffers. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Of one message: what is reserved at first. */
const TYPICAL_BYTES = 512;

/** The tasks of one script call. */
export interface EnqueueCall {
  count: number;
  /** Runs of tasks, as scripts/enqueue.lua takes them. */
  runs: (string | number | Buffer)[];
}

/** Cuts tasks into calls, in order. */
export function* callsOf(tasks: readonly PreparedTask[]): Generator<EnqueueCall> {
  for (let start = 0; start < tasks.length;) {
    const call = packCall(tasks, start);
    yield call;
    start += call.count;
  }
}

function packCall(tasks: readonly PreparedTask[], start: number): EnqueueCall {
  const most = Math.min(tasks.length, start + MAX_TASKS);
  const writer = new WireWriter(Math.min((most - start) * TYPICAL_BYTES, 64 * 1024));
  const runs: EnqueueCall['runs'] = [];
  let [queue, form, countAt] = ['', '', 0];
  let at = start;
  for (; at < most && writer.length < MAX_BYTES; at++) {
    const task = tasks[at]!;
    const taskForm = formOf(task);
    if (at === start || task.message.queue !== queue || taskForm !== form) {
      [queue, form] = [task.message.queue, taskForm];
      countAt = runs.push(queue, form, 0) - 1;
    }
    runs[countAt] = (runs[countAt] as number) + 1;
    pushTask(runs, task, writer);
  }
  return { count: at - start, runs };
}

function formOf({ processAt, lockSeconds }: PreparedTask): string {
  if (processAt === 0) return lockSeconds === 0 ? '' : 'u';
  return lockSeconds === 0 ? 's' : 'su';
}

function pushTask(runs: EnqueueCall['runs'], task: PreparedTask, writer: WireWriter): void {
  const start = writer.length;
  writeMessage(writer, task.message);
  runs.push(task.message.id, writer.from(start));
  if (task.processAt !== 0) runs.push(task.processAt);
  if (task.lockSeconds !== 0) runs.push(task.message.uniqueKey, task.lockSeconds);
}
