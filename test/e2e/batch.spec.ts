import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { get, post, startApp, type RunningApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

let app: RunningApp;
beforeAll(async () => {
  app = await startApp({ BATCH_MAX_RECORDS: '500' });
});
afterAll(() => app.stop());

const batch = (body: unknown, query = '') => post(`${app.url}/produce/batch${query}`, body);

async function valuesOf(topic: string, partition: number): Promise<unknown[]> {
  const { body } = await get(`${app.url}/topics/${topic}/records?partition=${partition}&limit=1000`);
  return body.records.map(({ value }: { value: unknown }) => value);
}

describe('POST /produce/batch', () => {
  it('writes any mix of topics and answers in request order', async () => {
    const records = Array.from({ length: 300 }, (_, n) => ({
      topic: `mix${n % 3}`,
      message: { n },
      partition: n % 2,
    }));
    const { status, body } = await batch(records);
    expect(status).toBe(200);
    expect(body).toMatchObject({ success: true, messages_sent: 300 });
    for (const [n, result] of body.results.entries()) {
      expect(result).toEqual({
        success: true,
        topic: `mix${n % 3}`,
        message: 'Message sent successfully',
        partition: n % 2,
        offset: Math.floor(n / 6),
      });
    }
    expect(await valuesOf('mix1', 1)).toMatchObject(
      records.filter((_, n) => n % 3 === 1 && n % 2 === 1).map(({ message }) => message),
    );
  });

  it('keeps each record’s own text', async () => {
    const { body } = await batch(
      '[ {"topic":"texts","partition":0,"message":{"n":1.0}} ,{"message":[1e400 ],"partition":0,"topic":"texts"}]',
    );
    expect(body.success).toBe(true);
    const { text } = await get(`${app.url}/topics/texts/records?partition=0`);
    expect(text).toContain('"value":{"n":1.0,"timestamp":');
    expect(text).toContain('"value":[1e400 ]');
  });

  it('answers 207 when some were written; one bad record never poisons the others', async () => {
    const { status, body } = await batch([
      { topic: 'some', message: 1, partition: 0 },
      { topic: 'so me', message: 2 },
      'no record',
      { topic: 'some', message: 3, partition: 77 },
      { topic: 'some', message: 'x'.repeat(1_200_000) },
      { topic: 'some', message: 4, partition: 0 },
    ]);
    expect(status).toBe(207);
    expect(body).toMatchObject({ success: false, messages_sent: 2 });
    expect(body.results.map((result: { error?: { code: string } }) => result.error?.code)).toEqual([
      undefined,
      'VALIDATION_FAILED',
      'VALIDATION_FAILED',
      'PARTITION_UNKNOWN',
      'RECORD_TOO_LARGE',
      undefined,
    ]);
    expect(body.results[1]).toMatchObject({
      success: false,
      topic: 'so me',
      error: { retryable: false, message: expect.any(String), detail: [{ loc: ['body', 1, 'topic'] }] },
    });
    expect(body.results[5]).toMatchObject({ partition: 0, offset: 1 });
    expect(await valuesOf('some', 0)).toEqual([1, 4]);
  });

  it('answers an error’s status, and the results, when none was written', async () => {
    const { status, body } = await batch([{ topic: 'none', message: 1, partition: 9 }, { message: 1 }]);
    expect(status).toBe(404);
    expect(body).toMatchObject({
      success: false,
      messages_sent: 0,
      code: 'PARTITION_UNKNOWN',
      statusCode: 404,
      retryable: false,
    });
    expect(body.results).toHaveLength(2);
  });

  it('answers 200 to an empty batch', async () => {
    const { status, body } = await batch([]);
    expect({ status, body }).toEqual({ status: 200, body: { success: true, messages_sent: 0, results: [] } });
  });

  it.each([
    ['an object', { topic: 'a', message: 1 }, 422, 'VALIDATION_FAILED'],
    [
      'too many records',
      Array.from({ length: 501 }, () => ({ topic: 'many', message: 1 })),
      413,
      'BATCH_TOO_LARGE',
    ],
    ['malformed JSON', '[{"topic":"many","message":1},', 400, 'MALFORMED_JSON'],
  ])('refuses %s whole', async (_, sent, status, code) => {
    const answer = await batch(sent);
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
    expect((await get(`${app.url}/topics/many`)).status).toBe(404);
  });

  it('refuses a ?wait= that is neither true nor false', async () => {
    expect((await batch([], '?wait=no')).body.code).toBe('VALIDATION_FAILED');
  });
});

describe('the size of a batch, by default', () => {
  it('is 10,000 records at most', async () => {
    const roomy = await startApp();
    try {
      const records = Array.from({ length: 10_001 }, (_, n) => ({
        topic: 'size',
        message: n,
        key: `k${n % 50}`,
      }));
      expect((await post(`${roomy.url}/produce/batch`, records)).body.code).toBe('BATCH_TOO_LARGE');
      expect((await get(`${roomy.url}/topics/size`)).status).toBe(404);
      const { status, body } = await post(`${roomy.url}/produce/batch`, records.slice(1));
      expect({ status, sent: body.messages_sent }).toEqual({ status: 200, sent: 10_000 });
      const places = body.results.map(
        ({ partition, offset }: { partition: number; offset: number }) => `${partition}-${offset}`,
      );
      expect(new Set(places).size).toBe(10_000);
    } finally {
      await roomy.stop();
    }
  });
});

describe('POST /produce/batch?wait=false', () => {
  it('answers 202 for what is in the buffer, and writes it', async () => {
    const { status, body } = await batch(
      [
        { topic: 'later', message: 1, partition: 0 },
        { topic: '?', message: 1 },
      ],
      '?wait=false',
    );
    expect(status).toBe(202);
    expect(body).toMatchObject({ success: false, messages_sent: 0, messages_queued: 1 });
    expect(body.results[0]).toEqual({ success: true, topic: 'later', message: 'Queued for delivery' });
    expect(body.results[1]).toMatchObject({ success: false, error: { code: 'VALIDATION_FAILED' } });
    await eventually(async () => expect(await valuesOf('later', 0)).toEqual([1]));
  });

  it('answers an error when no record is good', async () => {
    expect((await batch([{ topic: '?', message: 1 }], '?wait=false')).status).toBe(422);
  });

  it('counts what is refused after the answer', async () => {
    expect((await batch([{ topic: 'later', message: 1, partition: 50 }], '?wait=false')).status).toBe(202);
    await eventually(async () => {
      const { text } = await get(`${app.url}/metrics`);
      expect(text).toMatch(/carillon_batch_records_total\{code="PARTITION_UNKNOWN"\} [1-9]/);
    });
  });
});

describe('a full buffer', () => {
  it('is 503 with Retry-After, takes nothing, and is free again afterwards', async () => {
    const small = await startApp({ EMBEDDED_BUFFER_BYTES: '20000' });
    try {
      const records = Array.from({ length: 100 }, (_, n) => ({
        topic: 'full',
        message: 'x'.repeat(100),
        partition: n % 3,
      }));
      const answers = await Promise.all(
        Array.from({ length: 40 }, () => post(`${small.url}/produce/batch`, records)),
      );
      const written = answers.filter(({ status }) => status === 200).length;
      const refused = answers.filter(({ status }) => status !== 200);
      expect(written).toBeGreaterThan(0);
      expect(refused.length).toBeGreaterThan(0);
      for (const { status, body, headers } of refused) {
        expect({ status, code: body.code, retryable: body.retryable }).toEqual({
          status: 503,
          code: 'BUFFER_FULL',
          retryable: true,
        });
        expect(headers.get('retry-after')).toMatch(/^\d+$/);
      }
      const { body } = await get(`${small.url}/topics/full`);
      const stored = body.partitions.reduce((sum: number, { next }: { next: number }) => sum + next, 0);
      expect(stored).toBe(written * 100);
      expect((await post(`${small.url}/produce/batch`, records)).status).toBe(200);
    } finally {
      await small.stop();
    }
  });
});
