import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { get, post, startApp, type RunningApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startProcess } from '../support/process.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startedKafka,
  startPrivateKafka,
  type KafkaCluster,
} from '../support/servers/index.js';

async function countOf(url: string, topic: string): Promise<number> {
  const { body } = await get(`${url}/topics/${topic}`);
  return (body.partitions ?? []).reduce((sum: number, { next }: { next: number }) => sum + next, 0);
}

describeWithServers(['kafka'], 'the gateway on Kafka', () => {
  let app: RunningApp;
  const topic = `e2e-${randomUUID()}`;
  beforeAll(async () => {
    const { brokers } = await startedKafka();
    app = await startApp({ KAFKA_BOOTSTRAP_SERVERS: brokers.join(',') });
  }, SERVER_START_MS);
  afterAll(() => app.stop());

  it('answers 503 or 200 while it connects, and is healthy once it has', async () => {
    await eventually(async () => expect((await get(`${app.url}/health/ready`)).status).toBe(200));
    const { body } = await get(`${app.url}/health`);
    expect(body).toMatchObject({ status: 'healthy', kafka_connected: true });
    expect(body.ports).toContainEqual({ port: 'RecordLog', driver: 'kafka', state: 'up' });
  });

  it('writes one record to a topic that did not exist, and reads its own text back', async () => {
    const { status, body } = await post(
      `${app.url}/produce`,
      `{"topic":"${topic}","key":"k","headers":{"h":"ü"},"message":{"id":1234567890123456789,"n":1.0}}`,
    );
    expect({ status, offset: body.offset }).toEqual({ status: 200, offset: 0 });
    const page = await get(`${app.url}/topics/${topic}/records?partition=${body.partition}`);
    expect(page.text).toContain('"value":{"id":1234567890123456789,"n":1.0,"timestamp":');
    expect(page.body.records).toHaveLength(1);
    expect(page.body.records[0]).toMatchObject({ key: 'k', offset: 0, headers: { h: 'ü' } });
    expect(page.body.next_offset).toBe(1);
  }, 30_000);

  it('writes a batch with bad records among good ones', async () => {
    const { status, body } = await post(`${app.url}/produce/batch`, [
      { topic, message: 1, partition: 2 },
      { topic, message: 2, partition: 70 },
      { topic: 'no topic', message: 3 },
      { topic, message: 'x'.repeat(1_200_000), partition: 2 },
      { topic, message: null, key: 'tomb', partition: 2 },
    ]);
    expect(status).toBe(207);
    expect(
      body.results.map(
        (result: { offset?: number; error?: { code: string } }) => result.offset ?? result.error?.code,
      ),
    ).toEqual([
      expect.any(Number),
      'PARTITION_UNKNOWN',
      'VALIDATION_FAILED',
      'RECORD_TOO_LARGE',
      expect.any(Number),
    ]);
    const { offset } = body.results[0];
    const page = await get(`${app.url}/topics/${topic}/records?partition=2&offset=${offset}`);
    expect(page.body.records.map(({ value, key }: { value: unknown; key: unknown }) => [value, key])).toEqual(
      [
        [1, null],
        [null, 'tomb'],
      ],
    );
  }, 30_000);

  it('follows a topic', async () => {
    const abort = new AbortController();
    const response = await fetch(`${app.url}/topics/${topic}/tail`, { signal: abort.signal });
    let text = '';
    const read = async () => {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>)
        text += Buffer.from(chunk).toString();
    };
    const ended = read().catch(() => undefined);
    await post(`${app.url}/produce`, { topic, message: { tail: 'here' } });
    await eventually(() => expect(text).toContain('"tail":"here"'));
    abort.abort();
    await ended;
  }, 30_000);

  it('answers a repeated key as the first, and writes once', async () => {
    const record = { topic: `${topic}-once`, message: 1 };
    const headers = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all([1, 2, 3].map(() => post(`${app.url}/produce`, record, headers)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await countOf(app.url, record.topic)).toBe(1);
  }, 30_000);
});

describeWithServers(['kafka-cluster'], 'the gateway when Kafka misbehaves', () => {
  let kafka: KafkaCluster;
  beforeAll(async () => {
    kafka = await startPrivateKafka();
  }, SERVER_START_MS);
  afterAll(() => kafka?.stop(), SERVER_START_MS);

  it('starts without Kafka, answers 503 within the deadline, and recovers by itself', async () => {
    await kafka.killBroker(1);
    const app = await startApp({
      KAFKA_BOOTSTRAP_SERVERS: kafka.brokers.join(','),
      PRODUCE_TIMEOUT_MS: '1500',
    });
    try {
      expect((await get(`${app.url}/health/live`)).status).toBe(200);
      expect((await get(`${app.url}/health/ready`)).status).toBe(503);
      expect((await get(`${app.url}/health`)).body).toMatchObject({
        status: 'unhealthy',
        kafka_connected: false,
      });
      const before = Date.now();
      const refused = await post(`${app.url}/produce`, { topic: 'down', message: 1 });
      expect({
        status: refused.status,
        code: refused.body.code,
        detail: refused.body.detail,
        retryable: refused.body.retryable,
      }).toEqual({
        status: 503,
        code: 'RECORD_LOG_UNAVAILABLE',
        detail: 'Producer not initialized',
        retryable: true,
      });
      expect(refused.headers.get('retry-after')).not.toBeNull();
      expect(Date.now() - before).toBeLessThan(5000);
      await kafka.startBroker(1);
      await eventually(async () => expect((await get(`${app.url}/health/ready`)).status).toBe(200), 30_000);
      await eventually(async () => {
        expect((await post(`${app.url}/produce`, { topic: 'down', message: 2 })).status).toBe(200);
      }, 30_000);
      expect(await countOf(app.url, 'down')).toBe(1);
    } finally {
      await app.stop();
    }
  }, 120_000);

  it('answers 504 when the outcome is unknown, and a repeat of the key gets the first send’s outcome', async () => {
    const app = await startApp({
      KAFKA_BOOTSTRAP_SERVERS: kafka.brokers.join(','),
      PRODUCE_TIMEOUT_MS: '2000',
    });
    try {
      await eventually(
        async () =>
          expect((await post(`${app.url}/produce`, { topic: 'dark', message: 0, partition: 0 })).status).toBe(
            200,
          ),
        30_000,
      );
      const record = { topic: 'dark', message: 1, partition: 0 };
      const headers = { 'idempotency-key': 'dark-1' };
      await kafka.pauseBroker(1);
      const first = await post(`${app.url}/produce`, record, headers);
      expect({ status: first.status, code: first.body.code }).toEqual({
        status: 504,
        code: 'OUTCOME_UNKNOWN',
      });
      expect(first.body.message).toMatch(/may/);
      await kafka.resumeBroker(1);
      await eventually(async () => {
        const repeat = await post(`${app.url}/produce`, record, headers);
        expect({ status: repeat.status, offset: repeat.body.offset }).toEqual({ status: 200, offset: 1 });
      }, 20_000);
      expect(await countOf(app.url, 'dark')).toBe(2);
    } finally {
      await kafka.resumeBroker(1);
      await app.stop();
    }
  }, 120_000);

  it('after kill -9 in the middle of a keyed send, a repeat is 409 and writes nothing', async () => {
    const env = { KAFKA_BOOTSTRAP_SERVERS: kafka.brokers.join(','), PRODUCE_TIMEOUT_MS: '20000' };
    const before = await startProcess(env);
    const record = { topic: 'crash', message: 1, partition: 0 };
    await eventually(
      async () => expect((await post(`${before.url}/produce`, record)).status).toBe(200),
      30_000,
    );
    await kafka.pauseBroker(1);
    try {
      const headers = { 'idempotency-key': 'crash-1' };
      const pending = post(`${before.url}/produce`, record, headers).catch(() => undefined);
      await eventually(async () => {
        const { text } = await get(`${before.url}/metrics`);
        expect(text).toMatch(/carillon_kafka_buffer_bytes\S* [1-9]/);
      });
      before.child.kill('SIGKILL');
      await Promise.all([pending, before.exited]);
      const after = await startProcess({ ...env, DATA_FOLDER: before.folder });
      await kafka.resumeBroker(1);
      await eventually(async () => expect((await get(`${after.url}/health/ready`)).status).toBe(200), 30_000);
      const count = await countOf(after.url, 'crash');
      const repeat = await post(`${after.url}/produce`, record, headers);
      expect({ status: repeat.status, code: repeat.body.code }).toEqual({
        status: 409,
        code: 'IDEMPOTENCY_OUTCOME_UNKNOWN',
      });
      expect(await countOf(after.url, 'crash')).toBe(count);
      after.child.kill('SIGTERM');
      expect(await after.exited).toBe(0);
    } finally {
      await kafka.resumeBroker(1);
    }
  }, 120_000);
});
