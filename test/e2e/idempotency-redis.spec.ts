import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { get, post } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startProcess, type RunningProcess } from '../support/process.js';
import { describeWithServers, startPrivateRedis, type RedisServer } from '../support/servers/index.js';

const GATEWAY = { MODULES: 'producer,batch,health', REDIS_COMMAND_TIMEOUT_MS: '500' };
/** Nobody listens there: a send waits until its deadline. */
const NO_KAFKA = { KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1', PRODUCE_TIMEOUT_MS: '60000' };

describeWithServers(['redis-private'], 'idempotency keys of two gateways on one Redis', () => {
  let redis: RedisServer;
  let one: RunningProcess;
  let two: RunningProcess;
  beforeAll(async () => {
    redis = await startPrivateRedis({ config: { appendonly: 'yes', appendfsync: 'always' } });
    one = await startProcess({ ...GATEWAY, REDIS_URL: redis.url });
    two = await startProcess({ ...GATEWAY, REDIS_URL: redis.url });
  }, 60_000);
  afterAll(async () => {
    for (const { child } of [one, two]) child.kill('SIGKILL');
    await redis.release();
  });
  const produce = ({ url }: RunningProcess, key: string, message: unknown = { a: 1 }) =>
    post(`${url}/produce`, { topic: 'shared', message }, { 'idempotency-key': key });
  const written = async ({ url }: RunningProcess) => {
    const { body } = await get(`${url}/topics/shared`);
    return ((body.partitions ?? []) as { next: number }[]).reduce((sum, { next }) => sum + next, 0);
  };

  it('give one answer, whichever is asked, and write once', async () => {
    const { body } = await get(`${one.url}/health`);
    expect(body.ports).toContainEqual({ port: 'IdempotencyStore', driver: 'redis', state: 'up' });
    const first = await produce(one, 'k1');
    const repeat = await produce(two, 'k1');
    expect(first.status).toBe(200);
    expect({ status: repeat.status, text: repeat.text }).toEqual({ status: 200, text: first.text });
    expect(repeat.headers.get('idempotency-replayed')).toBe('true');
    expect(await written(two)).toBe(0);
    expect((await produce(two, 'k1', { a: 2 })).body.code).toBe('IDEMPOTENCY_KEY_REUSED');
    const batch = [{ topic: 'shared', message: 1 }];
    const many = await post(`${two.url}/produce/batch`, batch, { 'idempotency-key': 'b1' });
    const again = await post(`${one.url}/produce/batch`, batch, { 'idempotency-key': 'b1' });
    expect({ status: again.status, text: again.text }).toEqual({ status: 200, text: many.text });
  });

  it('write once when many come to both at once', async () => {
    const before = (await written(one)) + (await written(two));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => produce(i % 2 ? one : two, 'race')),
    );
    const late = answers.filter(({ status }) => status !== 200).map(({ body }) => body.code as string);
    expect(new Set([...late, 'IDEMPOTENCY_IN_PROGRESS'])).toEqual(new Set(['IDEMPOTENCY_IN_PROGRESS']));
    expect((await written(one)) + (await written(two))).toBe(before + 1);
    const texts = await Promise.all([produce(one, 'race'), produce(two, 'race')]);
    expect(texts[0].text).toBe(texts[1].text);
  });

  it('refuse a key whose gateway was killed half-way, until it expires', async () => {
    const doomed = await startProcess({ ...GATEWAY, ...NO_KAFKA, REDIS_URL: redis.url });
    const lost = produce(doomed, 'killed').catch(() => undefined);
    const claimed = () => redis.cli(['zrange', 'carillon:idempotency:pending', '0', '-1']);
    await eventually(async () => expect(await claimed()).toContain('killed'));
    expect((await produce(one, 'killed')).body.code).toBe('IDEMPOTENCY_IN_PROGRESS');
    doomed.child.kill('SIGKILL');
    await lost;
    await eventually(async () => {
      const { status, body } = await produce(one, 'killed');
      expect({ status, code: body.code }).toEqual({ status: 409, code: 'IDEMPOTENCY_OUTCOME_UNKNOWN' });
    }, 25_000);
    expect((await produce(two, 'killed')).body.code).toBe('IDEMPOTENCY_OUTCOME_UNKNOWN');
  }, 60_000);

  it('answer 503 while Redis is killed, also to a repeat, and go on when it is back', async () => {
    const first = await produce(one, 'before');
    await redis.kill();
    await eventually(async () => {
      const { status, body } = await produce(two, 'during');
      expect({ status, code: body.code }).toEqual({ status: 503, code: 'IDEMPOTENCY_STORE_UNAVAILABLE' });
    });
    expect((await produce(one, 'before')).body).toMatchObject({
      code: 'IDEMPOTENCY_STORE_UNAVAILABLE',
      retryable: true,
    });
    expect((await post(`${one.url}/produce`, { topic: 'shared', message: 1 })).status).toBe(200); // no key, no Redis
    expect((await get(`${one.url}/health/live`)).status).toBe(200);
    await redis.start();
    await eventually(async () => {
      const repeat = await produce(two, 'before');
      expect({ status: repeat.status, text: repeat.text }).toEqual({ status: 200, text: first.text });
    }, 20_000);
    await eventually(async () => expect((await produce(one, 'during')).status).toBe(200), 20_000);
  }, 60_000);

  it('stop with exit code 0', async () => {
    for (const { child } of [one, two]) child.kill('SIGTERM');
    expect(await Promise.all([one.exited, two.exited])).toEqual([0, 0]);
  });
});
