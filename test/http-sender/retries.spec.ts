import { beforeEach, describe, expect, it } from '@jest/globals';
import { backoffMs } from '../../src/core/backoff.js';
import { systemClock } from '../../src/core/clock.js';
import { sendWithRetries, type RetryPolicy } from '../../src/core/http-retry.js';
import { hang, hangUp, reset, status, type BadServer } from '../support/bad-server.js';
import { newSender, newServer, post } from './posting.js';

let server: BadServer;

beforeEach(async () => {
  server = await newServer();
});

const send = (policy: Partial<RetryPolicy> = {}, timeoutMs = 5000) =>
  sendWithRetries(newSender(), post(server.url(), { timeoutMs }), {
    attempts: 3,
    delayMs: (retry) => backoffMs(retry, { baseMs: 20, capMs: 100 }),
    retryAfterCapMs: 100,
    maxElapsedMs: 10_000,
    clock: systemClock,
    ...policy,
  });

describe('sending with retries', () => {
  it('gets through a reset, a 503 and a 429 with the same key and body', async () => {
    server.next = [reset, status(503), hangUp, status(429, { 'retry-after': '1' }), status(201)];
    expect(await send({ attempts: 5 })).toMatchObject({
      kind: 'delivered',
      attempts: 5,
      last: { status: 201 },
    });
    const sent = server.seen.map(({ headers, body }) => `${headers['idempotency-key'] as string} ${body}`);
    expect(sent).toEqual(Array(5).fill('k1 {"n":1}'));
  });

  it('waits as long as a 429 asks', async () => {
    server.next = [status(429, { 'retry-after': '1' }), status(200)];
    const outcome = await send({ retryAfterCapMs: 60_000 });
    expect(outcome).toMatchObject({ kind: 'delivered', attempts: 2 });
    expect(outcome.elapsedMs).toBeGreaterThanOrEqual(999);
  });

  it('does not repeat a refusal, nor follow a redirect', async () => {
    server.behave = status(308, { location: server.url('/elsewhere').href });
    expect(await send()).toMatchObject({ kind: 'refused', attempts: 1 });
    expect(server.seen).toHaveLength(1);
  });

  it('gives up a target that hangs when its time is over', async () => {
    server.behave = hang;
    const outcome = await send({ maxElapsedMs: 300 }, 120);
    expect(outcome).toMatchObject({ kind: 'given up', mayHaveArrived: true, last: { code: 'TIMEOUT' } });
    expect(outcome.elapsedMs).toBeLessThan(2000);
  });
});
