import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../test/support/manual-clock.js';
import type { HttpFailureCode, HttpRequest, HttpResult } from './http-message.js';
import { sendWithRetries, type RetriedSend, type RetryPolicy } from './http-retry.js';

const REQUEST: HttpRequest = {
  url: new URL('http://a.example/'),
  method: 'POST',
  headers: { 'idempotency-key': 'k1' },
  body: '{"n":1}',
  timeoutMs: 400,
};

const answer = (status: number, retryAfterMs: number | null = null): HttpResult => ({
  kind: 'answer',
  status,
  headers: {},
  body: Buffer.alloc(0),
  bodyComplete: true,
  retryAfterMs,
  latencyMs: 1,
});

const failed = (code: HttpFailureCode, mayHaveArrived = false): HttpResult => ({
  kind: 'failed',
  code,
  reason: code,
  mayHaveArrived,
  latencyMs: 1,
});

let clock: ManualClock;
/** What each attempt comes to. */
let script: HttpResult[];
/** When each attempt began. */
let times: number[];
let requests: HttpRequest[];

beforeEach(() => {
  clock = new ManualClock(1000);
  [script, times, requests] = [[], [], []];
});

const sender = {
  send: (request: HttpRequest) => {
    times.push(clock.monotonic() - 1000);
    requests.push(request);
    return Promise.resolve(script.shift() ?? answer(500));
  },
};

async function run(
  policy: Partial<RetryPolicy> = {},
  request: HttpRequest | (() => HttpRequest) = REQUEST,
): Promise<RetriedSend> {
  let outcome: RetriedSend | undefined;
  void sendWithRetries(sender, request, {
    attempts: 3,
    delayMs: (retry) => retry * 100,
    retryAfterCapMs: 60_000,
    maxElapsedMs: 3_600_000,
    clock,
    ...policy,
  }).then((result) => (outcome = result));
  for (let i = 0; i < 200 && !outcome; i += 1) {
    await new Promise((resolve) => setImmediate(resolve)); // it sleeps, or is over
    await clock.advance(1000);
  }
  if (!outcome) throw new Error('still sending');
  return outcome;
}

describe('sendWithRetries', () => {
  it('sends the same request until it is delivered', async () => {
    script = [answer(500), failed('RESET', true), answer(201)];
    const attempts: number[] = [];
    const outcome = await run({ onAttempt: (attempt) => attempts.push(attempt) });
    expect(outcome).toMatchObject({ kind: 'delivered', attempts: 3, elapsedMs: 300, last: { status: 201 } });
    expect(times).toEqual([0, 100, 300]);
    expect(attempts).toEqual([1, 2, 3]);
    expect(requests).toEqual([REQUEST, REQUEST, REQUEST]);
  });

  it('makes each attempt anew where it is told how', async () => {
    script = [answer(500), answer(503), answer(200)];
    await run({}, () => ({ ...REQUEST, headers: { at: String(clock.now()) } }));
    expect(requests.map(({ headers }) => headers.at)).toEqual(['1000', '1100', '1300']);
  });

  it('stops at a refusal', async () => {
    script = [failed('DNS'), answer(404)];
    expect(await run()).toMatchObject({ kind: 'refused', attempts: 2, last: { status: 404 } });
  });

  it('gives up when all attempts are used', async () => {
    expect(await run()).toMatchObject({ kind: 'given up', why: 'attempts', attempts: 3, elapsedMs: 300 });
    expect(times).toHaveLength(3);
  });

  it('waits as long as Retry-After asks, up to its cap, and never for less than its own delay', async () => {
    script = [answer(429, 5000), answer(503, 600_000), answer(503, 1), answer(200)];
    expect(await run({ attempts: 4 })).toMatchObject({ kind: 'delivered', elapsedMs: 65_300 });
    expect(times).toEqual([0, 5000, 65_000, 65_300]);
  });

  it('gives up at once when the wait would end too late', async () => {
    script = [answer(429, 5000)];
    const outcome = await run({ maxElapsedMs: 5000 });
    expect(outcome).toMatchObject({ kind: 'given up', why: 'elapsed', attempts: 1, elapsedMs: 0 });
  });

  it('cuts the last attempt to the time that is left', async () => {
    await run({ deadline: 1350, maxElapsedMs: 3_600_000 });
    expect(times).toEqual([0, 100, 300]);
    expect(requests.map(({ timeoutMs }) => timeoutMs)).toEqual([350, 250, 50]);
  });

  it('lets the first attempt have its own time where it is told so, and no other', async () => {
    const outcome = await run({ maxElapsedMs: 150, firstInFull: true });
    expect(outcome).toMatchObject({ kind: 'given up', why: 'elapsed', attempts: 2 });
    expect(requests.map(({ timeoutMs }) => timeoutMs)).toEqual([400, 50]);
    requests = [];
    expect(await run({ maxElapsedMs: 0, firstInFull: true })).toMatchObject({ why: 'elapsed', attempts: 1 });
    expect(requests.map(({ timeoutMs }) => timeoutMs)).toEqual([400]);
  });

  it('makes no attempt when it is too late from the beginning', async () => {
    const outcome = await run({ deadline: 1000 });
    expect(outcome).toMatchObject({ kind: 'given up', why: 'elapsed', attempts: 0, last: null });
    expect(outcome.mayHaveArrived).toBe(false);
  });

  it('ends its wait when the signal comes, and makes no attempt after it', async () => {
    const abort = new AbortController();
    void clock.sleep(50).then(() => abort.abort());
    const outcome = await run({ signal: abort.signal });
    expect(outcome).toMatchObject({ kind: 'given up', why: 'aborted', attempts: 1 });
    expect(await run({ signal: abort.signal })).toMatchObject({ why: 'aborted', attempts: 0 });
  });

  it.each(['ABORTED', 'CLOSED'] as const)('does not try again after %s', async (code) => {
    script = [failed(code, true)];
    expect(await run()).toMatchObject({
      kind: 'given up',
      why: 'aborted',
      attempts: 1,
      mayHaveArrived: true,
    });
  });

  it('knows whether any attempt may have arrived', async () => {
    script = [failed('DNS'), failed('TIMEOUT', true), failed('CONNECTION_REFUSED')];
    expect((await run()).mayHaveArrived).toBe(true);
    script = [failed('DNS'), failed('CONNECTION_REFUSED'), failed('CONNECTION_REFUSED')];
    expect((await run()).mayHaveArrived).toBe(false);
  });
});
