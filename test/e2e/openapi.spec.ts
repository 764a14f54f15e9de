import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { startApp, type RunningApp } from '../support/app.js';
import {
  bases,
  send,
  type Answered,
  type Base,
  type Parameter,
  type Schema,
} from '../support/openapi-requests.js';

const DOCUMENT = JSON.parse(
  await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8'),
) as Parameters<typeof bases>[0];

const UUID = '3f0e2b7c-6a51-4c3e-9d0a-2f4f1f6a7b11';
const TEXTS = [
  ...[
    'a',
    'A-Z_0-9',
    'expenses',
    'a b',
    'ü€😀',
    '%',
    '.',
    '..',
    '*',
    'a/b',
    '"',
    "'",
    '\\',
    'null',
    'true',
    'up',
    'UP',
  ],
  ...[
    '0',
    '1',
    '-1',
    '1.5',
    '1e3',
    '1e-05',
    '999',
    '1000000',
    '',
    ' ',
    '\t',
    '\u0000',
    '\u009f',
    UUID,
    '0'.repeat(24),
  ],
  ...[
    '2026-01-31T12:00:00Z',
    '2024-02-29T00:00+01:00',
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-31',
  ],
  ...[20, 21, 50, 51, 64, 65, 150, 151, 200, 201, 249, 250, 255, 256, 300].map((length) =>
    'x'.repeat(length),
  ),
];

/** What only the code can judge: opaque cursors, and fields that must fit to others or exist elsewhere. */
const SEMANTIC = new Set(['after', 'type', 'config', 'cron', 'timezone', 'proxy_id', 'id', 'partition']);
/** Codes that say: this request is malformed. */
const REFUSALS = new Set(['VALIDATION_FAILED', 'IDEMPOTENCY_KEY_INVALID', 'BAD_REQUEST', 'MALFORMED_JSON']);

const ajv = new Ajv({ strict: false, allErrors: true });
/** OpenAPI 3.0 has `nullable` also beside `anyOf`. */
function validator(schema: Schema): (value: unknown) => boolean {
  const { nullable, ...rest } = schema;
  const valid = ajv.compile(rest);
  return (value) => (nullable === true && value === null) || valid(value);
}

let app: RunningApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const isRefused = ({ status, code }: Answered) => status === 400 || REFUSALS.has(code ?? '');

/** Texts of a parameter, as its schema sees them: numbers and booleans are parsed first. */
function parsed(text: string, { type }: Schema): unknown {
  if (type === 'integer') return String(Number(text)) === text ? Number(text) : text;
  if (type === 'number') return /^\d{1,20}(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

function around({ minimum, maximum }: Schema): number[] {
  const bounds = [minimum, maximum].filter((bound) => typeof bound === 'number');
  return bounds.flatMap((bound) => [bound - 1, bound, bound + 1]).filter(Number.isSafeInteger);
}

/** Whether a value can be sent there at all. */
function canSend(parameter: Parameter, text: string): boolean {
  if (parameter.in === 'path') return text !== '' && text !== '.' && text !== '..';
  return parameter.in === 'query' || (/^[\x20-\x7e]*$/.test(text) && text === text.trim());
}

/** What is wrong with an answer to a value; undefined when nothing is. */
function wrongWith(
  base: Base,
  answer: Answered,
  { isValid, isTaken }: { isValid: boolean; isTaken: boolean },
): string | undefined {
  if (!(answer.status in base.operation.responses)) return 'is not documented';
  if (isValid) return isTaken ? undefined : 'though the schema takes it';
  return answer.status < 400 ? 'though the schema refuses it' : undefined;
}

async function violations(base: Base, parameter: Parameter): Promise<string[]> {
  const { schema, name } = parameter;
  const isValid = validator(schema);
  const texts = [...new Set([...TEXTS, ...around(schema).map(String)])].filter((text) =>
    canSend(parameter, text),
  );
  const found: string[] = [];
  for (const value of texts) {
    // An empty query parameter is none at all, where the code says so.
    if (value === '' && parameter.in === 'query') continue;
    const answer = await send(app.url, base, { parameter, value });
    const what = `${base.method} ${base.path} ${name}=${JSON.stringify(value.slice(0, 40))} (${value.length}): ${answer.status} ${answer.code}`;
    const isTaken = !isRefused(answer) || SEMANTIC.has(name);
    const wrong = wrongWith(base, answer, { isValid: isValid(parsed(value, schema)), isTaken });
    if (wrong) found.push(`${what}, ${wrong}`);
  }
  return found;
}

const JSON_VALUES = [null, true, 5, 1.5, -1, 0, [], {}, ['x'], [5], { x: 'y' }, { x: 5 }];

function valuesFor(schema: Schema): unknown[] {
  const most = schema.maxItems as number | undefined;
  const full = most === undefined ? [] : [Array(most).fill('x'), Array(most + 1).fill('x')];
  const items = schema.items ? TEXTS.map((text) => [text]) : [];
  return [
    ...JSON_VALUES,
    ...TEXTS,
    ...around(schema),
    ...((schema.enum ?? []) as unknown[]),
    ...full,
    ...items,
  ];
}

const names = (detail: unknown, property: string) =>
  Array.isArray(detail) && detail.some(({ loc }: { loc: unknown[] }) => loc.includes(property));

/** The body's schema with its fields, whether alone or in a list, and a good one to vary. */
function shapeOf(base: Base) {
  const { schema } = base.operation.requestBody?.content['application/json'] as { schema: Schema };
  const isList = schema.type === 'array';
  const fields = isList ? (schema.items as Schema) : schema;
  const example = (isList ? (base.body as object[])[0] : base.body) as object;
  // Room for every timeout.
  const isMonitor = 'interval' in (fields.properties ?? {});
  const whole: Record<string, unknown> = isMonitor
    ? { ...example, interval: 2_592_000, timeout: 1 }
    : { ...example };
  return { schema, isList, fields, whole, wrap: (body: object) => (isList ? [body] : body) };
}

type Shape = ReturnType<typeof shapeOf>;

async function bodyViolations(
  base: Base,
  { fields, whole, wrap }: Shape,
  property: string,
): Promise<string[]> {
  const rules = fields.properties?.[property] as Schema;
  const isValid = validator(rules);
  const found: string[] = [];
  const rest = property === 'interval' ? { ...whole, timeout: undefined } : whole;
  for (const value of valuesFor(rules)) {
    const answer = await send(app.url, base, { body: wrap({ ...rest, [property]: value }) });
    const what = `${base.method} ${base.path} {${property}: ${JSON.stringify(value).slice(0, 60)}}: ${answer.status} ${answer.code}`;
    const isTaken = !names(answer.detail, property) || SEMANTIC.has(property);
    const wrong = wrongWith(base, answer, { isValid: isValid(value), isTaken });
    if (wrong) found.push(`${what}, ${wrong}`);
  }
  return found;
}

/** Unknown fields, and bodies that are something else altogether. */
async function strangeBodies(base: Base, { schema, fields, isList, whole, wrap }: Shape): Promise<string[]> {
  const strange: unknown[] = schema.type === undefined ? [] : [5, '"x"', true, isList ? {} : []];
  if (fields.additionalProperties === false) strange.push(wrap({ ...whole, nope: 1 }));
  const found: string[] = [];
  for (const body of strange) {
    const { status } = await send(app.url, base, { body });
    if (status < 400) found.push(`${base.method} ${base.path} takes ${JSON.stringify(body)}`);
  }
  return found;
}

describe('docs/openapi.json and the code', () => {
  it('agree about every parameter: what its schema takes and refuses, and the statuses', async () => {
    const all = bases(DOCUMENT).flatMap((base) => base.parameters.map((parameter) => ({ base, parameter })));
    expect(all.length).toBeGreaterThan(80);
    const found: string[] = [];
    for (const { base, parameter } of all) found.push(...(await violations(base, parameter)));
    expect(found).toEqual([]);
  }, 180_000);

  it('agree about every field of every body', async () => {
    const found: string[] = [];
    let count = 0;
    for (const base of bases(DOCUMENT).filter(({ type }) => type === 'application/json')) {
      const shape = shapeOf(base);
      for (const property of Object.keys(shape.fields.properties ?? {})) {
        count += 1;
        found.push(...(await bodyViolations(base, shape, property)));
      }
      found.push(...(await strangeBodies(base, shape)));
    }
    expect(count).toBeGreaterThan(30);
    expect(found).toEqual([]);
  }, 180_000);
});
