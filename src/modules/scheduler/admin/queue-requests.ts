import { invalid, queryInt, type FieldError } from '../../../http/validation.js';
import { TASK_STATES, type TaskState } from '../../../ports/task-queue.port.js';

/** Nothing to say: `{}`. */
export class Nothing {}

/** Tasks of one page. */
export const MOST_TASKS = 1000;
/** Beyond it the driver counts no pages. */
export const MOST_PAGES = 1_000_000;

export interface TaskPage {
  state: TaskState;
  number: number;
  size: number;
}

/** Which page of a queue's tasks; `pending`, the first, 100 without saying so. @throws AppError VALIDATION_FAILED */
export function taskPage(query: Record<string, unknown>): TaskPage {
  const errors: FieldError[] = [];
  const state = TASK_STATES.find((each) => each === (query.state ?? 'pending'));
  if (!state)
    errors.push({
      type: 'enum',
      loc: ['query', 'state'],
      msg: `Input should be one of ${TASK_STATES.join(', ')}`,
    });
  const number = queryInt(query, 'page', { min: 1, max: MOST_PAGES, fallback: 1 }, errors);
  const size = queryInt(query, 'size', { min: 1, max: MOST_TASKS, fallback: 100 }, errors);
  if (!state || errors.length > 0) throw invalid(errors);
  return { state, number, size };
}
