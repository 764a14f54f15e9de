import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { get, post, startApp, type RunningApp } from '../support/app.js';

let app: RunningApp;
beforeAll(async () => {
  app = await startApp({ BODY_LIMIT: '2000000' });
});
afterAll(() => app.stop());

const produce = (body: unknown, headers?: Record<string, string>) =>
  post(`${app.url}/produce`, body, headers);

describe('POST /produce refuses, and writes nothing', () => {
  const nothingWritten = async (topic: string) => {
    const { status, body } = await get(`${app.url}/topics/${topic}`);
    if (status === 404) return;
    expect(body.partitions.every(({ next }: { next: number }) => next === 0)).toBe(true);
  };

  it.each([
    ['no topic', { message: 1 }, ['body', 'topic'], 'missing'],
    ['no message', { topic: 'bad' }, ['body', 'message'], 'missing'],
    ['topic of a wrong type', { topic: 7, message: 1 }, ['body', 'topic'], 'string_type'],
    ['an empty topic', { topic: '', message: 1 }, ['body', 'topic'], 'string_pattern_mismatch'],
    ['a topic with a slash', { topic: 'a/b', message: 1 }, ['body', 'topic'], 'string_pattern_mismatch'],
    ['the topic ..', { topic: '..', message: 1 }, ['body', 'topic'], 'string_pattern_mismatch'],
    ['a topic of 250', { topic: 'x'.repeat(250), message: 1 }, ['body', 'topic'], 'string_pattern_mismatch'],
    ['a number as key', { topic: 'bad', message: 1, key: 5 }, ['body', 'key'], 'string_type'],
    [
      'half a surrogate as key',
      '{"topic":"bad","message":1,"key":"\\ud800"}',
      ['body', 'key'],
      'string_unicode',
    ],
    [
      'a negative partition',
      { topic: 'bad', message: 1, partition: -1 },
      ['body', 'partition'],
      'greater_than_equal',
    ],
    ['a text as partition', { topic: 'bad', message: 1, partition: '1' }, ['body', 'partition'], 'int_type'],
    [
      'a fraction as partition',
      { topic: 'bad', message: 1, partition: 0.5 },
      ['body', 'partition'],
      'int_type',
    ],
    [
      'headers that are no texts',
      { topic: 'bad', message: 1, headers: { a: 1 } },
      ['body', 'headers'],
      'string_unicode',
    ],
    ['headers that are a list', { topic: 'bad', message: 1, headers: [] }, ['body', 'headers'], 'dict_type'],
    [
      'a time without a zone',
      { topic: 'bad', message: 1, timestamp: '2026-01-31T12:00:00' },
      ['body', 'timestamp'],
      'datetime_type',
    ],
    ['a list for a record', [{ topic: 'bad', message: 1 }], ['body'], 'dict_type'],
    ['null for a record', 'null', ['body'], 'dict_type'],
    [
      'a day that does not exist',
      { topic: 'bad', message: 1, timestamp: '2026-02-30T12:00:00Z' },
      ['body', 'timestamp'],
      'datetime_type',
    ],
    [
      'a time before 1970',
      { topic: 'bad', message: 1, timestamp: '1960-01-01T00:00:00Z' },
      ['body', 'timestamp'],
      'datetime_type',
    ],
  ])('%s', async (_, sent, loc, type) => {
    const { status, body } = await produce(sent);
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'VALIDATION_FAILED' });
    expect(body.detail).toContainEqual({ type, loc, msg: expect.any(String) });
    expect(body).toMatchObject({ statusCode: 422, retryable: false, requestId: expect.any(String) });
    await nothingWritten('bad');
  });

  it('lists every missing field at once', async () => {
    const { body } = await produce({});
    expect(body.detail.map(({ loc }: { loc: string[] }) => loc[1])).toEqual(['topic', 'message']);
  });

  it.each([
    ['malformed JSON', '{"topic":"bad","message":secret123}', 400, 'MALFORMED_JSON'],
    ['an empty body', '', 400, 'MALFORMED_JSON'],
    ['a body cut short', '{"topic":"bad","message":{"a":1}', 400, 'MALFORMED_JSON'],
    [
      'bytes that are no UTF-8',
      Buffer.from('{"topic":"bad","message":"\xff"}', 'latin1'),
      400,
      'MALFORMED_JSON',
    ],
    [
      'a body over the limit',
      JSON.stringify({ topic: 'bad', message: 'x'.repeat(2_000_000) }),
      413,
      'BODY_TOO_LARGE',
    ],
    [
      'a record over the log’s limit',
      JSON.stringify({ topic: 'bad', message: 'x'.repeat(1_100_000) }),
      413,
      'RECORD_TOO_LARGE',
    ],
    [
      'an unknown partition',
      JSON.stringify({ topic: 'bad', message: 1, partition: 99 }),
      404,
      'PARTITION_UNKNOWN',
    ],
  ])('%s', async (_, sent, status, code) => {
    const answer = await produce(sent);
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
    expect(answer.text).not.toContain('secret123');
    expect(typeof answer.body.detail).toBe('string');
    await nothingWritten('bad');
  });

  it('what the log refuses, with the detail that the FastAPI server’s clients read', async () => {
    const { body } = await produce({ topic: 'bad', message: 1, partition: 99 });
    expect(body.detail).toMatch(/^Failed to produce message: /);
  });

  it('a gzip bomb, and a body that is not gzip', async () => {
    const bomb = gzipSync(JSON.stringify({ topic: 'bad', message: 'x'.repeat(50_000_000) }));
    expect(bomb.length).toBeLessThan(100_000);
    expect((await produce(bomb, { 'content-encoding': 'gzip' })).body.code).toBe('BODY_TOO_LARGE');
    expect((await produce('{}', { 'content-encoding': 'gzip' })).body.code).toBe('BAD_REQUEST');
    const cut = gzipSync(JSON.stringify({ topic: 'bad', message: 'x' })).subarray(0, 20);
    expect((await produce(cut, { 'content-encoding': 'gzip' })).body.code).toBe('BAD_REQUEST');
    expect((await produce('{}', { 'content-encoding': 'br' })).body.code).toBe('UNSUPPORTED_ENCODING');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'the content type %s, which a web page could send',
    async (type) => {
      const answer = await produce({ topic: 'bad', message: 1 }, { 'content-type': type });
      expect({ status: answer.status, code: answer.body.code }).toEqual({
        status: 415,
        code: 'UNSUPPORTED_MEDIA_TYPE',
      });
      await nothingWritten('bad');
    },
  );

  it('a request without a content type or without a body', async () => {
    const response = await fetch(`${app.url}/produce`, { method: 'POST' });
    expect(response.status).toBe(415);
  });
});
