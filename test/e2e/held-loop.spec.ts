import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { post, startApp, type RunningApp } from '../support/app.js';

let app: RunningApp;
beforeAll(async () => {
  app = await startApp({ MODULES: 'producer,batch,processor' });
});
afterAll(() => app.stop());

const NDJSON = 'application/x-ndjson';
const JSON_TYPE = 'application/json';
const ESCAPES = `"${'\\"'.repeat(7_500_000)}"`;
const KEYS = `{${Array.from({ length: 99_000 }, (_, i) => `"${'k'.repeat(140)}${i}":1`).join(',')}}`;

/** How long each of them holds the event loop on an idle machine: npm run bench -- bodies. */
it.each([
  ['a record of escapes', '/produce', JSON_TYPE, `{"topic":"t","message":${ESCAPES}}`],
  ['a record of keys', '/produce', JSON_TYPE, `{"topic":"t","message":${KEYS}}`],
  ['a batch of one record of escapes', '/produce/batch', JSON_TYPE, `[{"topic":"t","message":${ESCAPES}}]`],
  ['10,000 bad records', '/produce/batch', JSON_TYPE, `[${Array(10_000).fill('{}').join(',')}]`],
  ['100,000 bad lines', '/produce/stream', NDJSON, '{}\n'.repeat(100_000)],
  ['a line of keys', '/produce/stream', NDJSON, `{"topic":"t","message":${KEYS}}`],
])('%s is read in slices: the longest is a small part of the work', async (_, path, type, body) => {
  const shares: number[] = [];
  // One of three, as anything may hold a busy machine once.
  for (let round = 0; round < 3; round += 1) {
    const delays = monitorEventLoopDelay({ resolution: 1 });
    const before = performance.now();
    delays.enable();
    const { text } = await post(app.url + path, body, { 'content-type': type });
    delays.disable();
    shares.push(delays.max / 1e6 / (performance.now() - before));
    expect(text).not.toBe('');
  }
  expect(Math.min(...shares)).toBeLessThan(0.3);
});
