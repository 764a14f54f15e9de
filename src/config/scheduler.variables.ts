import { z } from 'zod';
import { int, oneOf, text, timeZone } from './variable.js';

const when = {
  SCHEDULER_QUANTUM_MS: int(
    { min: 10, max: 1000, default: 50 },
    'Ticks that are due within so many milliseconds are enqueued together; none earlier than its planned time.',
  ),
  SCHEDULER_TIMEZONE: timeZone('The zone of cron lines that name none. Unset: TZ, else the machine’s.'),
  SCHEDULER_CATCH_UP: oneOf(
    ['latest', 'all', 'none'],
    'latest',
    'What becomes of ticks that nobody enqueued while no leader was there: the newest of each monitor, all, or none. The others are counted as missed.',
  ),
  SCHEDULER_CATCH_UP_WINDOW_S: int(
    { min: 1, max: 86_400, default: 300 },
    'How far back ticks are made up for, and how long due ones wait for a queue that is away, in seconds.',
  ),
  SCHEDULER_SYNC_S: int(
    { min: 10, max: 86_400, default: 300 },
    'How often the leader reads all active monitors anew, in seconds. Moves no tick.',
  ),
  SCHEDULER_DELTA_S: int(
    { min: 1, max: 3600, default: 15 },
    'How often the leader reads monitors that were edited without an event, in seconds.',
  ),
};

const what = {
  TASK_TYPE: text('monitor:healthcheck', 'The type of the tasks.', 'a text of 1 to 255 bytes'),
  TASK_QUEUE: text('default', 'The queue of monitors of priority `default`.', 'a name of 1 to 255 bytes'),
  TASK_QUEUE_CRITICAL: text(
    'critical',
    'The queue of monitors of priority `critical`.',
    'a name of 1 to 255 bytes',
  ),
  TASK_QUEUE_LOW: text('low', 'The queue of monitors of priority `low`.', 'a name of 1 to 255 bytes'),
  TASK_MAX_RETRIES: int(
    { min: 0, max: 1000, default: 3 },
    'How often a task is tried again when its worker fails; a target that is down is a result, not a failure.',
  ),
  TASK_TIMEOUT_S: int(
    { min: 1, max: 86_400, default: 300 },
    'How long one attempt of a task may take, in seconds.',
  ),
  TASK_RETENTION_S: int(
    { min: 1, max: 2_592_000, default: 3600 },
    'How long a done task stays, in seconds: so long its tick cannot be enqueued again. At least SCHEDULER_CATCH_UP_WINDOW_S and LEADER_TTL_MS together.',
  ),
};

const api = {
  MONITORS_MAX: int(
    { min: 1, max: 10_000_000, default: 200_000 },
    'The most monitors; creating more is refused.',
  ),
  MONITORS_IMPORT_MAX: int({ min: 1, max: 1_000_000, default: 100_000 }, 'The most monitors in one import.'),
};

/** Variables of the part `scheduler`. */
export const schedulerVariables = z.object({ ...when, ...what, ...api });
