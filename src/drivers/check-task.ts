import { AppError } from '../core/errors.js';
import type { Fence } from '../ports/leader-lease.port.js';
import type { NewTask } from '../ports/task-queue.port.js';

/** Those of src/asynq/enqueue-task.ts too, so that a part that grows onto Redis meets no new ones. */
const MOST_NAME_BYTES = 4096;
const MOST_PAYLOAD_BYTES = 16 * 1024 * 1024;
const MOST_HEADERS_BYTES = 64 * 1024;
const MOST_MS = 8.64e15;

const isName = (value: unknown) =>
  typeof value === 'string' &&
  value.trim() !== '' &&
  value.isWellFormed() &&
  Buffer.byteLength(value) <= MOST_NAME_BYTES;
const isFrom = (least: number, value: unknown) =>
  typeof value === 'number' && value >= least && value <= MOST_MS;

const NAME = `must be well-formed Unicode, not empty, of at most ${MOST_NAME_BYTES} bytes`;
const TIME = 'must be a time in milliseconds since the Unix epoch';
const TIME_AFTER = `${TIME}, more than 0`;
const SPAN = 'must be a number of milliseconds of more than 0';

const RULES: [field: keyof NewTask, holds: (task: NewTask) => boolean, rule: string][] = [
  ['id', ({ id }) => isName(id), NAME],
  ['type', ({ type }) => isName(type), NAME],
  ['queue', ({ queue }) => isName(queue), NAME],
  [
    'payload',
    ({ payload }) => Buffer.isBuffer(payload) && payload.length <= MOST_PAYLOAD_BYTES,
    `must be a Buffer of at most ${MOST_PAYLOAD_BYTES} bytes`,
  ],
  [
    'maxRetries',
    ({ maxRetries }) => Number.isInteger(maxRetries) && maxRetries >= 0 && maxRetries < 2 ** 31,
    `must be a whole number from 0 to ${2 ** 31 - 1}`,
  ],
  ['timeoutMs', ({ timeoutMs }) => isFrom(Number.MIN_VALUE, timeoutMs), SPAN],
  ['retentionMs', ({ retentionMs }) => isFrom(0, retentionMs), 'must be a number of milliseconds, 0 or more'],
  ['deadlineAt', ({ deadlineAt = 1 }) => isFrom(Number.MIN_VALUE, deadlineAt), TIME_AFTER],
  ['processAt', ({ processAt = 0 }) => isFrom(0, processAt), TIME],
  ['uniqueForMs', ({ uniqueForMs = 1 }) => isFrom(Number.MIN_VALUE, uniqueForMs), SPAN],
  [
    'headers',
    ({ headers = {} }) => areHeaders(headers),
    `must be texts in well-formed Unicode, of at most ${MOST_HEADERS_BYTES} bytes together`,
  ],
];

function areHeaders(headers: Readonly<Record<string, string>>): boolean {
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string' || !name.isWellFormed() || !value.isWellFormed()) return false;
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  return bytes <= MOST_HEADERS_BYTES;
}

/** @throws AppError VALIDATION_FAILED for the first rule that one of them breaks */
export function checkTasks(tasks: readonly NewTask[]): void {
  tasks.forEach((task, index) => {
    for (const [field, holds, rule] of RULES)
      if (!holds(task)) throw new AppError('VALIDATION_FAILED', `tasks[${index}].${field} ${rule}.`);
  });
}

/** @throws AppError VALIDATION_FAILED */
export function checkWatermark(watermark: number | undefined, fence: Fence | undefined): void {
  if (watermark === undefined) return;
  if (!fence) throw new AppError('VALIDATION_FAILED', 'watermark is written with a fence only.');
  if (!Number.isInteger(watermark) || !isFrom(0, watermark))
    throw new AppError('VALIDATION_FAILED', 'watermark must be whole milliseconds since the Unix epoch.');
}
