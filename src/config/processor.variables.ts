import { z } from 'zod';
import { bindings, httpUrl, int, intList, oneOf, optionalText, someOf, text } from './variable.js';

const consuming = {
  RABBITMQ_EXCHANGE: text(
    'expenses_exchange',
    'The topic exchange that messages come from, declared durable; also that of the embedded driver.',
    'a name of at most 255 bytes',
  ),
  RABBITMQ_QUEUE: optionalText(
    'A durable queue shared by all replicas, which loses nothing over restarts: recommended. Unset: a temporary queue of each process; what lies in it when the process or its connection ends is lost, and what is published meanwhile.',
    'a name of at most 200 bytes',
  ),
  PROCESSOR_BINDINGS: bindings(
    ['expense.*'],
    'The routing keys to take: `*` stands for one word, `#` for none or more.',
  ),
  PROCESSOR_PREFETCH: int(
    { min: 1, max: 10_000, default: 256 },
    'The most messages in hand at once. Each is in memory, so this times the largest message is what they may take.',
  ),
  PROCESSOR_MAX_BYTES: int(
    { min: 1, max: 512 * 1024 * 1024, default: 16 * 1024 * 1024 },
    'A longer payload, in bytes, goes to the dead letters.',
  ),
};

const failing = {
  PROCESSOR_ATTEMPTS: int(
    { min: 1, max: 1000, default: 12 },
    'How often a message is tried before it goes to the dead letters. A full disk does not count.',
  ),
  PROCESSOR_RETRY_DELAYS_MS: intList(
    { min: 10, max: 86_400_000, most: 20, default: [1000, 5000, 30_000, 120_000, 600_000] },
    'How long a message waits before its second, third, ... attempt; the last one repeats. Each is a delay queue on the broker.',
  ),
};

const sinks = {
  PROCESSOR_SINKS: someOf(
    ['file', 'http', 'topic'],
    ['file'],
    'Where each message goes; it is acknowledged when all of them have it.',
  ),
  OUTPUT_FOLDER: text('./messages', 'Where the file sink writes. Several replicas may share it.', 'a folder'),
  PROCESSOR_FSYNC: oneOf(
    ['always', 'off'],
    'always',
    'With `always` a message is acknowledged when its file is on disk; with `off` a power cut may lose files.',
  ),
  PROCESSOR_FILE_TIME: oneOf(['local', 'utc'], 'local', 'The clock of the file names; local is that of TZ.'),
  PROCESSOR_SHARD: oneOf(
    ['none', 'day', 'hour'],
    'none',
    'Subfolders `YYYYMMDD` or `YYYYMMDD/HH`, for folders that grow large.',
  ),
  PROCESSOR_IDENTITY_HOURS: int(
    { min: 1, max: 8760, default: 168 },
    'How long a message id is remembered, so that a second delivery of it makes no second file.',
  ),
  PROCESSOR_HTTP_URL: httpUrl(
    'Where the http sink posts each payload. May hold a user and a password, which are sent as basic authentication.',
  ),
  PROCESSOR_HTTP_TIMEOUT_MS: int(
    { min: 100, max: 600_000, default: 10_000 },
    'How long one such request may take in all.',
  ),
  PROCESSOR_TOPIC: text('events', 'The topic that the topic sink appends each payload to.', 'a topic name'),
};

/** Variables of the part `processor`. */
export const processorVariables = z.object({ ...consuming, ...failing, ...sinks });
