import { z } from 'zod';
import { httpUrl, int, list, oneOf, optionalText, signingSecret, flag } from './variable.js';

const taking = {
  WORKER_CONCURRENCY: int(
    { min: 1, max: 10_000, default: 100 },
    'The most checks under way at once in this process.',
  ),
  WORKER_PER_HOST: int(
    { min: 1, max: 10_000, default: 10 },
    'The most checks under way at once to one host and port; others wait within their timeout.',
  ),
  WORKER_QUEUE_WEIGHTS: list(
    ['6', '3', '1'],
    'How often the queues of critical, default and low monitors are asked first.',
    'three whole numbers from 1 to 1000, divided by commas',
  ),
  WORKER_STRICT_PRIORITY: flag(false, 'A queue is asked only when those of higher priority are empty.'),
  WORKER_STALE_INTERVALS: int(
    { min: 1, max: 1000, default: 1 },
    'A tick that is so many intervals of its monitor late is dropped and counted: a newer one is due.',
  ),
  WORKER_EVENT_LOOP_LATE_MS: int(
    { min: 50, max: 60_000, default: 500 },
    'When this process was held up for so long during a check that fails, the result is unknown, not down.',
  ),
};

const processes = {
  WORKER_CHECK_PROCESSES: int(
    { min: 1, max: 64, default: 2 },
    'The most child processes that run checks side by side: those that speak a client protocol (databases, brokers, gRPC) or read a body. The first one starts with the first such check.',
  ),
  WORKER_CHECK_PROCESS_MEMORY_MB: int(
    { min: 128, max: 65_536, default: 512 },
    'Of resident memory of each such child process, in mebibytes: one that uses more is killed, and its checks run again, each alone.',
  ),
};

const results = {
  RESULTS_RETENTION_DAYS: int({ min: 1, max: 3650, default: 30 }, 'How long results are kept, in days.'),
  ROLLUPS_RETENTION_DAYS: int(
    { min: 31, max: 3650, default: 400 },
    'How long hourly counts are kept, in days; uptime is counted from them.',
  ),
};

const alerts = {
  ALERT_WEBHOOK_URL: httpUrl(
    'Where changes of status, reminders and silences are posted to, signed when ALERT_WEBHOOK_SECRET is set.',
  ),
  ALERT_WEBHOOK_SECRET: signingSecret('Signs alerts as Standard Webhooks does.'),
  ALERT_TOPIC: optionalText('A topic that alerts are appended to as well.', 'a topic’s name'),
  ALERT_GIVE_UP_HOURS: int(
    { min: 1, max: 720, default: 24 },
    'How long an alert that nobody takes is tried again, in hours.',
  ),
};

const targets = {
  CHECK_TARGETS: oneOf(
    ['public', 'private', 'any'],
    'public',
    'Which addresses checks may ask: `public` ones; `private` networks too; `any`, with loopback and link-local (where clouds keep their metadata).',
  ),
  CHECK_ALLOW: list(
    [],
    'Allowed whatever CHECK_TARGETS says.',
    'host names (`*.example.org` too), addresses or networks such as `10.1.0.0/16`, divided by commas',
  ),
  CHECK_DENY: list(
    [],
    'Denied whatever else says; before CHECK_ALLOW.',
    'host names (`*.example.org` too), addresses or networks such as `10.1.0.0/16`, divided by commas',
  ),
};

/** Variables of the part `worker`. */
export const workerVariables = z.object({ ...taking, ...processes, ...results, ...alerts, ...targets });
