import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LONG_TEXT } from '../../src/core/long-json.js';
import { get, post, startApp, type RunningApp } from '../support/app.js';

const NDJSON = { 'content-type': 'application/x-ndjson' };
const PAD = `"${'x'.repeat(LONG_TEXT)}"`;

let app: RunningApp;
beforeAll(async () => {
  app = await startApp({ MODULES: 'producer,batch,processor' });
});
afterAll(() => app.stop());

interface Sent {
  status: number;
  code?: string;
  message?: string;
}

/** The ways in which a record comes in; each answers what became of it. */
const WAYS: [string, (record: string) => Promise<Sent>][] = [
  [
    'as a body',
    async (record) => {
      const { status, body } = await post(`${app.url}/produce`, record);
      return { status, code: body.code, message: body.message };
    },
  ],
  [
    'in a batch',
    async (record) => {
      const filler = `{"topic":"filler","message":${PAD}}`;
      const { status, body } = await post(
        `${app.url}/produce/batch`,
        `[ ${[filler, filler, filler, filler].join(',')} , ${record}\n]`,
      );
      const error = body.results?.[4].error ?? (status < 300 ? {} : body);
      return { status: status === 207 ? 422 : status, code: error.code, message: error.message };
    },
  ],
  [
    'as a line',
    async (record) => {
      const { text } = await post(`${app.url}/produce/stream`, `${record}\n`, NDJSON);
      const { success, error } = JSON.parse(text.split('\n')[0] as string);
      return { status: success ? 200 : 422, code: error?.code, message: error?.message };
    },
  ],
];

describe.each(WAYS)('a record of more than 256 KiB %s', (_, send) => {
  it.each([
    ['an object', `{"n":1.50,"pad":${PAD}}`, `"value":{"n":1.50,"pad":"x"`, '"server_time":'],
    [
      'an object with a source',
      `{"pad":${PAD},"sour\\u0063e":"me"}`,
      '"sour\\u0063e":"me","timestamp":',
      ',"server_time":',
    ],
    ['a list', `[1.0,${PAD}]`, '"value":[1.0,"x"]', '"key":"k"'],
    ['a text', PAD, '"value":"x"', '"key":"k"'],
  ])('is written as it was sent: %s', async (_name, message, ...parts) => {
    const record = `{"key":"k","pad":1,"partition":0,"message":${message},"topic":"long","headers":{"__proto__":"p"}}`;
    expect(await send(record)).toMatchObject({ status: 200 });
    const { body } = await get(`${app.url}/topics/long`);
    const offset = body.partitions[0].next - 1;
    const { text } = await get(`${app.url}/topics/long/records?partition=0&offset=${offset}`);
    const shortened = text.replace(/x{1000,}/g, 'x');
    for (const part of parts) expect(shortened).toContain(part);
    expect(shortened).toContain('"headers":{"__proto__":"p"}');
    expect(shortened.match(/"source"/g) ?? []).toHaveLength(message.startsWith('{"n"') ? 1 : 0);
  });

  it.each([
    ['no topic', `{"message":${PAD}}`, 'VALIDATION_FAILED', /topic: Field required/],
    [
      'a wrong partition',
      `{"topic":"long","message":${PAD},"partition":-1}`,
      'VALIDATION_FAILED',
      /partition: /,
    ],
    ['no object around it', `[${PAD}]`, 'VALIDATION_FAILED', /object/],
    ['a long key', `{"topic":"long","message":1,"key":${PAD}}`, 'RECORD_TOO_LARGE', /key: .*256 KiB/],
    ['long headers', `{"topic":"long","message":1,"headers":{"h":${PAD}}}`, 'RECORD_TOO_LARGE', /headers: /],
    [
      'an end that is no JSON',
      `{"topic":"long","message":[${PAD},]}`,
      'MALFORMED_JSON',
      /character \d+|not valid/,
    ],
    ['a text without an end', `{"topic":"long","message":[${PAD.slice(0, -1)}`, 'MALFORMED_JSON', /./],
  ])('is refused with %s', async (_name, record, code, message) => {
    const sent = await send(record);
    expect({ code: sent.code, isClient: sent.status >= 400 && sent.status < 500 }).toEqual({
      code,
      isClient: true,
    });
    expect(sent.message).toMatch(message);
  });
});

describe('a long event', () => {
  it('is published when it is JSON, and refused with the place where it is not', async () => {
    const event = `{"action":"created","pad":${PAD}}`;
    expect((await post(`${app.url}/events/expense.long`, event)).status).toBe(200);
    const { status, body } = await post(`${app.url}/events/expense.long`, event.replace(',"pad"', ',pad"'));
    expect([status, body.code, body.message]).toEqual([
      400,
      'MALFORMED_JSON',
      expect.stringMatching(/character 20$/),
    ]);
  });
});

describe('a long body that is no batch', () => {
  it.each(['/produce/batch'])('at %s is told as such', async (path) => {
    expect((await post(app.url + path, `{"a":${PAD}}`)).body.code).toBe('VALIDATION_FAILED');
    expect((await post(app.url + path, `{"a":${PAD}`)).body.code).toBe('MALFORMED_JSON');
    const empty = await post(app.url + path, `[${' '.repeat(2 * 1024 * 1024)}]`);
    expect([empty.status, empty.body.messages_sent]).toEqual([200, 0]);
  });
});
