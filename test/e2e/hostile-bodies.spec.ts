import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LARGE_VALUE } from '../../src/http/body-bounds.js';
import { MOST_FIELD_ERRORS } from '../../src/http/validation.js';
import { answerOf, get, post, startApp, type Answer, type RunningApp } from '../support/app.js';

import { startProcess } from '../support/process.js';

const MIB = 1024 * 1024;
const TYPE = { 'content-type': 'application/json' };

let app: RunningApp;
beforeAll(async () => {
  app = await startApp({ MONITORS_IMPORT_MAX: '1000' });
});
afterAll(() => app.stop());

/** Every route that manages something and reads a body. */
const MANAGEMENT: [string, string][] = [
  ['POST', '/monitors'],
  ['PUT', '/monitors/7d8e1b0a-35f6-4f0e-9a5e-6f3d0f6b1a11'],
  ['PATCH', '/monitors/7d8e1b0a-35f6-4f0e-9a5e-6f3d0f6b1a11'],
  ['POST', '/monitors/7d8e1b0a-35f6-4f0e-9a5e-6f3d0f6b1a11/pause'],
  ['POST', '/monitors/7d8e1b0a-35f6-4f0e-9a5e-6f3d0f6b1a11/resume'],
  ['POST', '/monitors/7d8e1b0a-35f6-4f0e-9a5e-6f3d0f6b1a11/run'],
  ['POST', '/scheduler/sync'],
  ['POST', '/queues/default/pause'],
  ['POST', '/queues/default/resume'],
  ['POST', '/queues/default/tasks/1/run'],
  ['POST', '/queues/default/tasks/1/archive'],
  ['POST', '/queues/default/tasks/1/cancel'],
  ['POST', '/emitters/datetime/pause'],
  ['POST', '/emitters/datetime/resume'],
  ['POST', '/emitters/datetime/trigger'],
  ['POST', '/emitters/datetime/dead-letters/resend'],
  ['POST', '/emitters/datetime/dead-letters/1/resend'],
  ['POST', '/processor/dead-letters/resend'],
  ['POST', '/processor/dead-letters/1/resend'],
];

async function send(method: string, path: string, body: string): Promise<Answer> {
  return answerOf(await fetch(app.url + path, { method, headers: TYPE, body }));
}

function keys(count: number): string {
  return `{${Array.from({ length: count }, (_, i) => `"k${i}":1`).join(',')}}`;
}

describe.each(MANAGEMENT)('%s %s', (method, path) => {
  it.each([
    ['80,000 unknown keys', keys(80_000), 413, 'BODY_TOO_LARGE'],
    ['20,000 keys in 256 KiB', keys(20_000), 422, 'BODY_TOO_COMPLEX'],
    [
      '1,001 keys inside each other',
      `{"a":${'{"b":'.repeat(199)}${keys(801)}${'}'.repeat(199)}}`,
      422,
      'BODY_TOO_COMPLEX',
    ],
    ['arrays 5,000 deep', '['.repeat(5000) + ']'.repeat(5000), 422, 'BODY_TOO_COMPLEX'],
    ['objects 5,000 deep', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, 422, 'BODY_TOO_COMPLEX'],
    ['20,000 values', `{"a":[${'1,'.repeat(20_000)}1]}`, 422, 'BODY_TOO_COMPLEX'],
    ['a text of 300 KiB', JSON.stringify({ a: 'x'.repeat(300 * 1024) }), 413, 'BODY_TOO_LARGE'],
    ['null', 'null', 422, 'VALIDATION_FAILED'],
    ['a list', '[]', 422, 'VALIDATION_FAILED'],
  ])('refuses %s', async (_, body, status, code) => {
    const answer = await send(method, path, body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf'])(
    'refuses the key %s by its name',
    async (key) => {
      const answer = await send(method, path, `{"${key}":{"x":1}}`);
      expect([answer.status, answer.body.code]).toEqual([422, 'VALIDATION_FAILED']);
      expect(JSON.stringify(answer.body.detail)).toContain(key);
    },
  );

  it('tells of 20 errors at most, and says that there are more', async () => {
    const { body } = await send(method, path, keys(500));
    expect(body.detail).toHaveLength(MOST_FIELD_ERRORS);
    expect(body.message).toMatch(/and 4\d\d more errors/);
  });
});

/** 60,000 values or more, so that it is read element by element. */
function batchText(count: number, message = '{"n":1.50,"list":[1,2,3,4,5]}'): string {
  return `[${Array(count).fill(`{"topic":"large","partition":0,"message":${message}}`).join(' ,\n')}]`;
}

describe('a large batch', () => {
  it('is written as a small one is, each message as it was sent', async () => {
    const { status, body } = await post(`${app.url}/produce/batch`, batchText(6000));
    expect([status, body.messages_sent, body.results.length]).toEqual([200, 6000, 6000]);
    const { text } = await get(`${app.url}/topics/large/records?partition=0&offset=5999`);
    expect(text).toContain('"n":1.50');
  });

  it('tells which records are wrong', async () => {
    const text = batchText(6000)
      .replace('"large"', '7')
      .replace(/"message":[^\n]*\]$/, '"massage":1}]');
    const { status, body } = await post(`${app.url}/produce/batch`, text);
    expect([status, body.messages_sent]).toEqual([207, 5998]);
    expect(body.results[0].error.code).toBe('VALIDATION_FAILED');
    expect(body.results[5999].error.code).toBe('VALIDATION_FAILED');
  });

  it.each([
    ['a broken element', (text: string) => text.replace('"topic"', 'topic'), /at character 2$/],
    ['two commas', (text: string) => text.replace(' ,\n', ' ,, '), /at character \d+$/],
    ['a comma at the end', (text: string) => text.replace(/\]$/, ',]'), /at character \d+$/],
    ['no end', (text: string) => text.slice(0, -1), /ends too early/],
    ['text after the end', (text: string) => `${text} x`, /./],
    ['another array after the end', (text: string) => `${text} [1]`, /./],
    ['brackets that do not fit', (text: string) => text.replace('5]', '5}'), /at character \d+$/],
    ['one bracket too many', (text: string) => `${text}]`, /at character \d+$/],
  ])('with %s is 400, and nothing is written', async (_, spoil, message) => {
    const end = (await get(`${app.url}/topics/large`)).body;
    const { status, body } = await post(`${app.url}/produce/batch`, spoil(batchText(6000)));
    expect([status, body.code]).toEqual([400, 'MALFORMED_JSON']);
    expect(body.message).toMatch(message);
    expect((await get(`${app.url}/topics/large`)).body).toEqual(end);
  });

  it('has a bound for each record, and for their number', async () => {
    const wide = await post(`${app.url}/produce/batch`, batchText(2, `[${'1,'.repeat(LARGE_VALUE.nodes)}1]`));
    expect([wide.status, wide.body.code]).toEqual([422, 'BODY_TOO_COMPLEX']);
    expect(wide.body.message).toContain('Element 0');
    const many = await post(`${app.url}/produce/batch`, batchText(10_001));
    expect([many.status, many.body.code]).toEqual([413, 'BATCH_TOO_LARGE']);
  });
});

describe('one record or event', () => {
  const wide = `[${'[],'.repeat(LARGE_VALUE.nodes)}1]`;
  const deep = '['.repeat(50_000) + ']'.repeat(50_000);

  it.each([
    ['/produce', (message: string) => `{"topic":"one","message":${message}}`],
    ['/events/expense.created', (message: string) => message],
  ])('at %s may be deep, and is bounded by its values', async (path, bodyOf) => {
    expect((await post(app.url + path, bodyOf(deep))).status).toBe(200);
    const refused = await post(app.url + path, bodyOf(wide));
    expect([refused.status, refused.body.code]).toEqual([422, 'BODY_TOO_COMPLEX']);
  });

  it('as a line of a stream has the same bound, and the next line is taken', async () => {
    const lines = `{"topic":"one","message":${wide}}\n{"topic":"one","message":1}\n`;
    const { text } = await post(`${app.url}/produce/stream`, lines, {
      'content-type': 'application/x-ndjson',
    });
    const [first, second] = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([first.error.code, second.success]).toEqual(['BODY_TOO_COMPLEX', true]);
  });
});

const SPECIAL = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];

describe.each(SPECIAL)('the key %s, which every object has,', (key) => {
  const monitor = (config: string) =>
    `{"name":"special","type":"http","interval":60,"active":false,"config":{"url":"http://127.0.0.1/"${config}}}`;

  it('is an unknown option in the config of a monitor, and of one that is imported', async () => {
    const body = monitor(`,"${key}":{"x":1}`);
    const refused = await post(`${app.url}/monitors`, body);
    expect([refused.status, refused.body.code]).toEqual([422, 'VALIDATION_FAILED']);
    expect(refused.body.detail[0].loc).toEqual(['body', 'config', key]);
    const imported = await post(`${app.url}/monitors/import`, `[${body}]`);
    expect([imported.status, imported.body.errors[0].error.code]).toEqual([422, 'VALIDATION_FAILED']);
  });

  it('is a header like any other where the config names headers', async () => {
    const { status, body } = await post(`${app.url}/monitors`, monitor(`,"headers":{"${key}":"own"}`));
    expect(status).toBe(201);
    expect(body.config.headers).toBeDefined(); // masked
    const { text } = await get(`${app.url}/monitors/export?secrets=true`);
    expect(text).toMatch(new RegExp(`"headers":\\s*"?\\{\\\\?"${key}\\\\?":\\s*\\\\?"own`));
  });

  it.each([
    ['/produce', (record: string) => record],
    ['/produce/batch', (record: string) => `[${record}]`],
  ])('at %s is a header, a member of a message, or an unknown field of a record', async (path, bodyOf) => {
    const record = `{"topic":"special","partition":0,"${key}":{"topic":1},"message":{"${key}":1.0},"headers":{"${key}":"v"}}`;
    expect((await post(app.url + path, bodyOf(record))).status).toBe(200);
    const { next } = (await get(`${app.url}/topics/special`)).body.partitions[0];
    const { text } = await get(`${app.url}/topics/special/records?partition=0&offset=${next - 1}`);
    expect(text).toContain(`"value":{"${key}":1.0,"timestamp":`);
    expect(text).toContain(`"headers":{"${key}":"v"}`);
  });
});

describe('the largest bodies', () => {
  it('are read in slices: the longest hold is a small part of the work', async () => {
    const text = batchText(9999, JSON.stringify({ list: Array.from({ length: 300 }, (_, i) => ({ i })) }));
    expect(text.length).toBeGreaterThan(16 * MIB);
    const large = await startApp({ MODULES: 'batch,producer', BODY_LIMIT: String(64 * MIB) });
    try {
      const delays = monitorEventLoopDelay({ resolution: 5 });
      delays.enable();
      const before = performance.now();
      // Wrong at its very end, so that all of it is read and nothing is written.
      const { status } = await post(`${large.url}/produce/batch`, text.replace(/\]$/, ',]'));
      const took = performance.now() - before;
      delays.disable();
      expect(status).toBe(400);
      expect(delays.max / 1e6).toBeLessThan(took / 3);
    } finally {
      await large.stop();
    }
  });

  it('eight at once do not end a process with a heap of 512 MB', async () => {
    const running = await startProcess({
      MODULES: 'producer,batch,health',
      NODE_OPTIONS: '--max-old-space-size=512',
    });
    try {
      const body = `[${'[],'.repeat(5 * MIB - 2)}1]`;
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => post(`${running.url}/produce/batch`, body)),
      );
      for (const { status, body } of answers) expect([413, 503]).toContain(status ?? body);
      expect((await get(`${running.url}/health/live`)).status).toBe(200);
    } finally {
      running.child.kill('SIGTERM');
      expect(await running.exited).toBe(0);
    }
  });
});
