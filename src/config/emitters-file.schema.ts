import { z } from 'zod';
import { DURATION, DURATION_FORM, isDuration } from './duration.js';

/** An object of known members only; the mistake names those that there are. */
function members<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape, {
    error: ({ code, ...issue }) =>
      code === 'unrecognized_keys' ? unknownMembers(issue.keys as string[], Object.keys(shape)) : undefined,
  });
}

function unknownMembers(unknown: readonly string[], known: readonly string[]): string {
  const names = unknown.slice(0, 5).map((name) => name.slice(0, 40));
  return `has unknown members ${names.join(', ')}: use some of ${known.join(', ')}`;
}

/** The same as the refinement beside it, for the published schema. */
function oneOfMembers(...names: string[]) {
  return { oneOf: names.map((name) => ({ required: [name] })) };
}

function whole(min: number, max: number, describe: string) {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z.int(rule).min(min, rule).max(max, rule).optional().describe(describe);
}

function word<const W extends string>(words: readonly W[], describe: string) {
  const rule = `must be one of ${words.join(', ')}`;
  return z.enum(words, rule).optional().describe(describe);
}

/** A 19-digit id would lose its last digits, and there is no JSON for infinity. */
function isExact(value: unknown): boolean {
  if (typeof value === 'number')
    return Number.isFinite(value) && (Number.isSafeInteger(value) || !Number.isInteger(value));
  return typeof value !== 'object' || value === null || Object.values(value).every(isExact);
}

const REPLACED = '`${NAME}` stands for the environment variable NAME.';
const text = (describe: string) => z.string().min(1, 'must not be empty').describe(describe);
const headers = z
  .record(z.string(), z.string('must be text: put it in quotes'))
  .optional()
  .describe(`Sent with each message. ${REPLACED}`);

const target = members({
  http: members({
    url: text(`http:// or https://. ${REPLACED}`),
    method: word(['POST', 'PUT', 'PATCH'], 'POST by default.'),
    headers,
  })
    .optional()
    .describe('An HTTP server.'),
  topic: members({
    name: text('A topic of the record log (Kafka, or the embedded one).'),
    key: z.string().optional().describe('The key of all records; without one they go to any partition.'),
    headers,
  })
    .optional()
    .describe('A topic.'),
  exchange: members({
    name: text('A topic exchange; RABBITMQ_EXCHANGE by default.').optional(),
    routing_key: z.string().describe('The routing key of all messages.'),
    headers,
  })
    .optional()
    .describe('A topic exchange (RabbitMQ, or the embedded one).'),
})
  .refine((value) => Object.keys(value).length === 1, 'must have one of http, topic, exchange')
  .meta(oneOfMembers('http', 'topic', 'exchange'))
  .describe('Where its messages go: one of http, topic, exchange.');

const payload = members({
  file: text(
    'A JSON array of objects; a path that begins with no slash is seen from this file’s folder.',
  ).optional(),
  order: word(
    ['random', 'sequence', 'shuffle'],
    'How the objects of `file` are taken; EMITTER_ORDER by default.',
  ),
  template: z
    .unknown()
    .refine(isExact, 'has a number that cannot be kept to its last digit: put it in quotes')
    .optional()
    .describe(
      'Any JSON value. In its text {{planned}}, {{now}}, {{planned_ms}}, {{name}}, {{count}} and {{uuid}} stand for values; a text that is only {{count}} or {{planned_ms}} becomes a number.',
    ),
})
  .refine(
    (value) => (value.file === undefined) !== (value.template === undefined),
    'must have either file or template',
  )
  .refine((value) => value.order === undefined || value.template === undefined, {
    path: ['order'],
    message: 'has a meaning with file only',
  })
  .meta(oneOfMembers('file', 'template'))
  .describe('What it sends.');

const retry = members({
  attempts: whole(1, 100, 'In all, the first one included. Default: EMITTER_ATTEMPTS.'),
  delay: word(
    ['jitter', 'fixed'],
    '`jitter` (default): at random below a bound that doubles; `fixed`: always base_ms.',
  ),
  base_ms: whole(1, 3_600_000, 'Default: EMITTER_BACKOFF_MS.'),
  cap_ms: whole(1, 86_400_000, 'The most that jitter waits. Default: EMITTER_BACKOFF_CAP_MS.'),
  retry_after_cap_s: whole(
    0,
    86_400,
    '`Retry-After` is obeyed up to this. Default: EMITTER_RETRY_AFTER_CAP_S.',
  ),
  max_elapsed_s: whole(
    1,
    604_800,
    'For all attempts of a message. Default: EMITTER_MAX_ELAPSED_S, else until the next tick.',
  ),
})
  .optional()
  .describe('What becomes of a message that fails.');

const emitter = members({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 of the characters a-z 0-9 -, not beginning with -')
    .describe('Unique. It stands in logs, metrics, idempotency keys and addresses.'),
  every: z
    .union(
      [z.int().meta({ minimum: 1 }), z.string().meta({ pattern: DURATION.source })],
      `must be ${DURATION_FORM}`,
    )
    .refine(isDuration, `must be ${DURATION_FORM}`)
    .optional()
    .describe('The period: 500ms, 30s, 5m, 2h, 1d, or whole seconds; `never`: by trigger only.'),
  cron: text('Five fields, or six with seconds first.').optional(),
  timezone: text('Of cron, such as Europe/Vienna. Default: TZ.').optional(),
  target,
  payload,
  retry,
  timeout_ms: whole(100, 600_000, 'Of one attempt. Default: EMITTER_TIMEOUT_MS.'),
  missed: word(['skip', 'latest', 'all'], 'Of ticks that came too late. Default: EMITTER_MISSED.'),
  window_s: whole(1, 31_536_000, 'How old a missed tick may be. Default: EMITTER_WINDOW_S.'),
  overlap: word(['skip', 'queue', 'allow'], 'While one is in flight. Default: EMITTER_OVERLAP.'),
  max_in_flight: whole(1, 10_000, 'With overlap allow. Default: EMITTER_MAX_IN_FLIGHT.'),
  preflight: text(`A URL that must answer 2xx before the first tick is planned. ${REPLACED}`).optional(),
  paused: z.boolean('must be true or false').optional().describe('Starts paused.'),
  first_at_once: z
    .boolean('must be true or false')
    .optional()
    .describe('One message at once when it starts. Default: true with every, false with cron.'),
  signing_secret: text(
    `For http: signed as Standard Webhooks says. Default: EMITTER_SIGNING_SECRET. ${REPLACED}`,
  ).optional(),
})
  .refine(
    (value) => (value.every === undefined) !== (value.cron === undefined),
    'must have either every or cron',
  )
  .refine((value) => value.timezone === undefined || value.cron !== undefined, {
    path: ['timezone'],
    message: 'has a meaning with cron only',
  })
  .meta(oneOfMembers('every', 'cron'));

/** What EMITTERS_FILE holds; docs/emitters.schema.json is written from it. */
export const emittersFileSchema = members({
  $schema: z.string().optional().describe('For editors; not read.'),
  emitters: z.array(emitter).max(1000, 'must be at most 1000').describe('Each by its own name.'),
}).describe('The emitters of Carillon: EMITTERS_FILE names this file.');

/** One emitter as the file has it. */
export type FileEmitter = z.output<typeof emitter>;
