import { types } from 'node:util';
import type { TaskVerdict } from '../../../ports/task-queue.port.js';

/** A handler's answer is what its author wrote, whatever its type says. */
export function isVerdict(answer: Partial<TaskVerdict> | undefined): answer is TaskVerdict {
  switch (answer?.kind) {
    case 'done':
      return answer.result === undefined || types.isUint8Array(answer.result);
    case 'retry':
    case 'archive':
      return typeof answer.message === 'string';
    default:
      return false;
  }
}
