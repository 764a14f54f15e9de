import type { Attack, AttackContext } from './attack.js';
import { send } from './requests.js';

/** Just below BODY_LIMIT. */
const MOST_BYTES = 15 * 1024 * 1024;
/** Requests at the same time. */
const CONCURRENCY = 6;

const PATHS = [
  '/produce',
  '/produce/batch',
  '/produce/stream',
  '/events/expense.created',
  '/monitors',
  '/monitors/import',
  '/monitors/none/pause',
  '/scheduler/sync',
  '/queues/none/pause',
  '/processor/dead-letters/resend',
  '/emitters/none/trigger',
  '/push/none',
] as const;

/** Unknown keys, for which class-transformer takes quadratic time. */
function manyKeys(count: number): string {
  const keys = Array.from({ length: count }, (_, index) => `"k${index}":${index % 10}`).join(',');
  return `{"topic":"hostile","message":{${keys}},${keys}}`;
}

function deep(depth: number): string[] {
  return [
    `${'['.repeat(depth)}${']'.repeat(depth)}`,
    `{"topic":"hostile","message":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`,
  ];
}

/** Many values in few bytes. */
const wide = (item: string, bytes: number): string =>
  `[${`${item},`.repeat(Math.floor(bytes / (item.length + 1)))}${item}]`;

const SMALL = [
  'null',
  '[null]',
  '{"topic":null,"message":null}',
  '{"ids":null}',
  '{"__proto__":{"active":true},"constructor":{"prototype":{}},"toString":1}',
  '{"topic":"hostile","message":1e400}',
  '{',
  '"',
  '\u0000',
  '0'.repeat(100_000),
  `"${'\\u0000'.repeat(10_000)}"`,
];

/** A family is chosen first, so that each is sent equally often; the small bodies twice as often. */
function makeFamilies(): Buffer[][] {
  const families = [
    [1_001, 20_000, 80_000, 400_000].map(manyKeys),
    [201, 5_000, 100_000].flatMap(deep),
    ['[]', '{}', '0', '""', 'null'].flatMap((item) =>
      [64 * 1024, 1024 * 1024, MOST_BYTES].map((bytes) => wide(item, bytes)),
    ),
    SMALL,
    SMALL,
  ];
  return families.map((bodies) => bodies.map((body) => Buffer.from(body)));
}

/** Bodies that take long to parse or to validate, or much memory. */
export function bodies(): Attack {
  const families = makeFamilies();
  const sendOne = async ({ url, random, count }: AttackContext): Promise<void> => {
    const path = random.pick(PATHS);
    const type = path === '/produce/stream' ? 'application/x-ndjson' : 'application/json';
    const body = random.pick(random.pick(families));
    const leaveAfterMs = random.next() < 0.2 ? random.between(1, 500) : undefined;
    count(await send(url, { path, body, headers: { 'content-type': type }, leaveAfterMs }));
  };
  return {
    name: 'bodies',
    answers: [200, 202, 204, 207, 400, 404, 409, 413, 415, 422, 503],
    round: async (context) => {
      await Promise.all(Array.from({ length: CONCURRENCY }, () => sendOne(context)));
    },
  };
}
