import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { lines, openStream } from '../support/ndjson.js';
import { startProcess } from '../support/process.js';

/** The most memory that the process ever had. Linux tells; elsewhere the caller's expectation fails loudly. */
async function peakMegabytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

describe('a long stream', () => {
  it('holds back instead of growing: 1,000,000 records in under 250 MB', async () => {
    const service = await startProcess();
    const { sending, answer } = openStream(service.url);
    sending.flushHeaders();
    const total = 1_000_000;
    const write = async () => {
      for (let n = 0; n < total; n += 1000) {
        const chunk = Array.from({ length: 1000 }, (_, k) => `{"topic":"long","message":${n + k}}\n`);
        if (!sending.write(chunk.join(''))) await once(sending, 'drain');
      }
      sending.end();
    };
    const writing = write();
    let count = 0;
    let last = '';
    for await (const line of createInterface({ input: await answer })) {
      count += 1;
      last = line;
    }
    await writing;
    expect(count).toBe(total + 1);
    expect(JSON.parse(last)).toEqual({ done: true, records: total, written: total, failed: 0 });
    expect(await peakMegabytes(service.child.pid)).toBeLessThan(250);
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(0);
  }, 180_000);

  it('stays small when every line is bad, or comes a byte at a time', async () => {
    const service = await startProcess();
    const bad = openStream(service.url);
    bad.sending.end('{}\n'.repeat(300_000));
    let last = '';
    for await (const line of createInterface({ input: await bad.answer })) last = line;
    expect(JSON.parse(last)).toMatchObject({ done: true, failed: 300_000 });
    const slow = openStream(service.url);
    slow.sending.flushHeaders();
    const socket = (await slow.answer).socket;
    const piece = '1\r\n \r\n'.repeat(10_000);
    for (let n = 0; n < 60; n += 1) if (!socket.write(piece)) await once(socket, 'drain');
    socket.write('2\r\n1\n\r\n0\r\n\r\n');
    expect((await lines(await slow.answer)).at(-1)).toMatchObject({ done: true, records: 1, failed: 1 });
    expect(await peakMegabytes(service.child.pid)).toBeLessThan(300);
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(0);
  }, 120_000);

  it('leaves a line that a stop cut in half without a result', async () => {
    const service = await startProcess();
    const { sending, answer } = openStream(service.url);
    sending.write('{"topic":"half","message":1}\n{"topic":"half","mess');
    const message = await answer;
    await once(message, 'readable');
    service.child.kill('SIGTERM');
    const results = await lines(message);
    expect(results).toHaveLength(2);
    expect(results[1]).toMatchObject({ done: false, records: 1, error: { code: 'SHUTTING_DOWN' } });
    expect(await service.exited).toBe(0);
  });

  it('does not hold up a stop when its client reads nothing', async () => {
    const service = await startProcess({ SHUTDOWN_TIMEOUT_MS: '15000' });
    const { sending, answer } = openStream(service.url);
    sending.flushHeaders();
    (await answer).pause();
    const chunk = '{"topic":"deaf","message":1}\n'.repeat(500);
    while (
      sending.write(chunk) ||
      (await Promise.race([once(sending, 'drain').then(() => true), delay(1500, false)]))
    );
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(0);
  }, 60_000);

  it('ends with a coded last line when the service stops', async () => {
    const service = await startProcess();
    const { sending, answer } = openStream(service.url);
    sending.write('{"topic":"stop","message":1}\n');
    const message = await answer;
    await once(message, 'readable');
    service.child.kill('SIGTERM');
    const results = await lines(message);
    expect(results[0]).toMatchObject({ success: true });
    expect(results.at(-1)).toMatchObject({ done: false, error: { code: 'SHUTTING_DOWN' }, written: 1 });
    expect(await service.exited).toBe(0);
  });
});
