import type { Timed } from '../../../core/heap.js';
import type { Room } from './room.js';
import type { StoredTask } from './stored-task.js';

/** One try of a task. `at`: when it must be over, on the monotonic clock; `deadline`: the same since the epoch. */
export class Attempt implements Timed {
  place = -1;
  rank = 0;
  /** Its task is in other hands: what the handler still answers is not heard. */
  isOver = false;
  readonly abort = new AbortController();

  constructor(
    readonly room: Room,
    readonly task: StoredTask,
    readonly at: number,
    readonly deadline: number,
  ) {}
}
