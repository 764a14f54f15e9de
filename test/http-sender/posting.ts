import { afterEach } from '@jest/globals';
import type { HttpAnswer, HttpFailure, HttpRequest, HttpResult } from '../../src/core/http-message.js';
import { HttpSender, type HttpSenderOptions } from '../../src/core/http-sender.js';
import { BadServer } from '../support/bad-server.js';
import { TestProxy } from '../support/test-proxy.js';

const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Closed after the test. */
export function newSender(options: HttpSenderOptions = {}): HttpSender {
  const sender = new HttpSender(options);
  open.push(() => sender.close(0));
  return sender;
}

/** Closed after the test. */
export async function newServer(options: Parameters<typeof BadServer.listen>[0] = {}): Promise<BadServer> {
  const server = await BadServer.listen(options);
  open.push(() => server.close());
  return server;
}

/** Closed after the test. */
export async function newProxy(): Promise<TestProxy> {
  const proxy = await TestProxy.listen();
  open.push(() => proxy.close());
  return proxy;
}

export function post(url: URL, extra: Partial<HttpRequest> = {}): HttpRequest {
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'k1' };
  return { url, method: 'POST', headers, body: '{"n":1}', timeoutMs: 10_000, ...extra };
}

export function answered(result: HttpResult): HttpAnswer {
  if (result.kind === 'failed') throw new Error(`No answer: ${result.code}, ${result.reason}`);
  return result;
}

export function failure(result: HttpResult): HttpFailure {
  if (result.kind === 'answer') throw new Error(`An answer: ${result.status}`);
  return result;
}
