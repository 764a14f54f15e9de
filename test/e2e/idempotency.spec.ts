import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { get, post, startApp, type RunningApp } from '../support/app.js';
import { startProcess } from '../support/process.js';

let app: RunningApp;
beforeAll(async () => {
  app = await startApp({ IDEMPOTENCY_TTL_S: '1' });
});
afterAll(() => app.stop());

const send = (path: string, body: unknown, key: string) =>
  post(`${app.url}${path}`, body, { 'idempotency-key': key });

async function countOf(topic: string, url = app.url): Promise<number> {
  const { body } = await get(`${url}/topics/${topic}`);
  return (body.partitions ?? []).reduce((sum: number, { next }: { next: number }) => sum + next, 0);
}

describe('Idempotency-Key', () => {
  it('answers a repeat as the first, and writes nothing', async () => {
    const record = { topic: 'once', message: { a: 1 } };
    const first = await send('/produce', record, 'k1');
    const repeat = await send('/produce', record, 'k1');
    expect(first.status).toBe(200);
    expect(repeat.text).toBe(first.text);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(repeat.headers.get('idempotency-replayed')).toBe('true');
    expect(await countOf('once')).toBe(1);
  });

  it('answers a repeated batch as the first, the failures included', async () => {
    const records = [
      { topic: 'many', message: 1 },
      { topic: 'bad topic', message: 2 },
      { topic: 'many', message: 3, partition: 55 },
    ];
    const first = await send('/produce/batch', records, 'b1');
    const repeat = await send('/produce/batch', records, 'b1');
    expect(first.status).toBe(207);
    expect({ status: repeat.status, text: repeat.text }).toEqual({ status: 207, text: first.text });
    expect(await countOf('many')).toBe(1);
  });

  it('refuses the same key with another body, or on another route', async () => {
    await send('/produce', { topic: 'reuse', message: 1 }, 'r1');
    const other = await send('/produce', { topic: 'reuse', message: 2 }, 'r1');
    expect({ status: other.status, code: other.body.code }).toEqual({
      status: 422,
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    expect((await send('/produce/batch', [], 'r1')).status).toBe(200);
    expect((await send('/produce/batch', [{ topic: 'reuse', message: 1 }], 'r1')).body.code).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    );
    expect(await countOf('reuse')).toBe(1);
  });

  it('writes once when many come at once', async () => {
    const record = { topic: 'race', message: 1 };
    const answers = await Promise.all(Array.from({ length: 30 }, () => send('/produce', record, 'race')));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(await countOf('race')).toBe(1);
  });

  it('is free again after an answer that wrote nothing', async () => {
    expect((await send('/produce', { topic: 'free', message: 1, partition: 60 }, 'f1')).status).toBe(404);
    expect((await send('/produce', { topic: 'free', message: 1, partition: 0 }, 'f1')).status).toBe(200);
  });

  it('with ?wait=false answers a repeat as the first, and writes once', async () => {
    const records = [{ topic: 'queued', message: 1 }];
    const first = await send('/produce/batch?wait=false', records, 'q1');
    const repeat = await send('/produce/batch?wait=false', records, 'q1');
    expect(first.status).toBe(202);
    expect({ status: repeat.status, text: repeat.text }).toEqual({ status: 202, text: first.text });
    expect(repeat.headers.get('idempotency-replayed')).toBe('true');
    expect(await countOf('queued')).toBe(1);
  });

  it('is forgotten after IDEMPOTENCY_TTL_S', async () => {
    const record = { topic: 'expiry', message: 1 };
    await send('/produce', record, 'e1');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await send('/produce', record, 'e1')).headers.get('idempotency-replayed')).toBeNull();
    expect(await countOf('expiry')).toBe(2);
  });

  it.each(['x'.repeat(256), ''])('refuses a key of %#', async (key) => {
    const answer = await send('/produce', { topic: 'key', message: 1 }, key);
    expect({ status: answer.status, code: answer.body.code }).toEqual({
      status: 422,
      code: 'IDEMPOTENCY_KEY_INVALID',
    });
  });

  it('outlives kill -9: the repeat gets the first offsets', async () => {
    const before = await startProcess();
    const record = { topic: 'crash', message: { a: 1 } };
    const first = await post(`${before.url}/produce`, record, { 'idempotency-key': 'c1' });
    before.child.kill('SIGKILL');
    await before.exited;
    const after = await startProcess({ DATA_FOLDER: before.folder });
    const repeat = await post(`${after.url}/produce`, record, { 'idempotency-key': 'c1' });
    expect(repeat.text).toBe(first.text);
    expect(await countOf('crash', after.url)).toBe(1);
    after.child.kill('SIGTERM');
    expect(await after.exited).toBe(0);
  });
});
