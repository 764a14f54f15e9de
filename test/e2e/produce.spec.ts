import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { get, post, startApp, type RunningApp } from '../support/app.js';

let app: RunningApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const produce = (body: unknown, headers?: Record<string, string>) =>
  post(`${app.url}/produce`, body, headers);

/** The one record at a place, with its value's own text. */
async function recordAt({ topic, partition, offset }: { topic: string; partition: number; offset: number }) {
  const answer = await get(
    `${app.url}/topics/${topic}/records?partition=${partition}&offset=${offset}&limit=1`,
  );
  expect(answer.status).toBe(200);
  const valueText = /"value":(.*),"timestamp":"[^"]*","headers":/s.exec(answer.text)?.[1] ?? '';
  return { record: answer.body.records[0], valueText, next: answer.body.next_offset };
}

describe('POST /produce', () => {
  it('answers as the FastAPI server documented, with the real partition and offset', async () => {
    const before = Date.now();
    const { status, body } = await produce({ topic: 'first', key: 'k', message: { a: 1 } });
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      message: 'Message sent successfully',
      topic: 'first',
      partition: expect.any(Number),
      offset: 0,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect(Date.parse(body.timestamp)).toBeGreaterThanOrEqual(before);
    const again = await produce({ topic: 'first', key: 'k', message: { a: 2 } });
    expect(again.body).toMatchObject({ partition: body.partition, offset: 1 });
    const { record, next } = await recordAt(again.body);
    expect(record).toMatchObject({ key: 'k', offset: 1, value: { a: 2 } });
    expect(next).toBe(2);
  });

  it('adds timestamp, source and server_time, and never overwrites the sender’s own', async () => {
    const plain = await produce({ topic: 'enrich', message: { a: 1 } });
    const { record } = await recordAt(plain.body);
    expect(record.value).toEqual({
      a: 1,
      timestamp: plain.body.timestamp,
      source: 'python-producer-api',
      server_time: Date.parse(plain.body.timestamp) / 1000,
    });
    const own = await produce({ topic: 'enrich', message: { timestamp: 'mine', server_time: null } });
    const stored = await recordAt(own.body);
    expect(stored.record.value).toEqual({
      timestamp: 'mine',
      server_time: null,
      source: 'python-producer-api',
    });
    expect(
      (await recordAt((await produce({ topic: 'enrich', message: {} })).body)).record.value,
    ).toHaveProperty('source');
  });

  it.each(['[1,2]', '"text"', '7', 'true', '1.50'])('takes %s as a message, unchanged', async (json) => {
    const { body } = await produce(`{"topic":"any","message":${json}}`);
    expect((await recordAt(body)).valueText).toBe(json);
  });

  it('takes null as a tombstone', async () => {
    const { body } = await produce({ topic: 'any', key: 'gone', message: null });
    expect((await recordAt(body)).record).toMatchObject({ key: 'gone', value: null });
  });

  it.each([
    ['a 19-digit id', '{"id":1234567890123456789}'],
    ['1.0', '{"n":1.0,"m":-0.0,"e":1E2}'],
    ['1e400', '{"n":1e400}'],
    ['duplicate keys', '{"a":1,"a":2}'],
    ['escapes and spaces', '{ "\\u0061" : "\\ud83d\\ude00 \\/" ,\n "b":[ ] }'],
  ])('writes numbers and text as they were sent: %s', async (_, json) => {
    const { status, body } = await produce(`{"topic":"exact","message":${json}}`);
    expect(status).toBe(200);
    const { valueText } = await recordAt(body);
    expect(valueText.startsWith(`${json.slice(0, -1)},"timestamp":"`)).toBe(true);
  });

  it('takes the last of duplicate fields, as JSON.parse does', async () => {
    const { body } = await produce('{"topic":"x1","topic":"exact2","message":1,"mess\\u0061ge":{"z":2}}');
    expect(body.topic).toBe('exact2');
    expect((await recordAt(body)).record.value).toMatchObject({ z: 2 });
  });

  it('takes partition, headers and timestamp', async () => {
    const time = '2026-01-31T12:00:00.000Z';
    const { body } = await produce({
      topic: 'full',
      message: 1,
      partition: 2,
      headers: { h: 'ü', __proto__x: 'y' },
      timestamp: time,
    });
    expect(body).toMatchObject({ partition: 2, offset: 0, timestamp: time });
    expect((await recordAt(body)).record).toEqual({
      partition: 2,
      offset: 0,
      key: null,
      value: 1,
      timestamp: time,
      headers: { h: 'ü', __proto__x: 'y' },
    });
    const millis = await produce({ topic: 'full', message: 1, partition: 2, timestamp: Date.parse(time) });
    expect((await recordAt(millis.body)).record.timestamp).toBe(time);
  });

  it('takes null for every optional field, and ignores fields it does not know', async () => {
    const body = {
      topic: 'nulls',
      message: 1,
      key: null,
      partition: null,
      headers: null,
      timestamp: null,
      extra: {},
    };
    expect((await produce(body)).status).toBe(200);
  });

  it('takes a gzipped body', async () => {
    const bytes = gzipSync(JSON.stringify({ topic: 'zipped', message: { a: 1 } }));
    const { status, body } = await produce(bytes, { 'content-encoding': 'gzip' });
    expect(status).toBe(200);
    expect((await recordAt(body)).record.value).toMatchObject({ a: 1 });
  });
});
