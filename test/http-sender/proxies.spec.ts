import { beforeEach, describe, expect, it } from '@jest/globals';
import { selfSigned } from '../support/certificate.js';
import { hang } from '../support/bad-server.js';
import type { TestProxy } from '../support/test-proxy.js';
import { answered, failure, newProxy, newSender, newServer, post } from './posting.js';

const BASIC = `Basic ${Buffer.from('jane:pa%s').toString('base64')}`;

let proxy: TestProxy;

beforeEach(async () => {
  proxy = await newProxy();
});

describe('a proxy', () => {
  it('forwards plain requests, with its own login and the target’s kept apart', async () => {
    const server = await newServer();
    proxy.wants = BASIC;
    const sender = newSender({ proxies: { http: proxy.url('jane:pa%25s') } });
    const url = new URL(`http://joe:word@${server.url().host}/a?b=c`);
    for (let i = 0; i < 3; i += 1) expect(answered(await sender.send(post(url))).status).toBe(200);
    expect(proxy.seen[0]).toEqual({ line: `POST http://${server.url().host}/a?b=c`, authorization: BASIC });
    expect(server.seen[0]).toMatchObject({
      path: '/a?b=c',
      body: '{"n":1}',
      headers: { host: server.url().host },
    });
    expect(server.seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from('joe:word').toString('base64')}`);
  });

  it('tunnels https: it sees where to, and nothing of what', async () => {
    const tls = selfSigned();
    const server = await newServer({ tls });
    proxy.wants = BASIC;
    const sender = newSender({ proxies: { https: proxy.url('jane:pa%25s') }, ca: [tls.cert] });
    for (let i = 0; i < 5; i += 1)
      expect(answered(await sender.send(post(server.url('/a')))).status).toBe(200);
    expect(proxy.seen[0]).toEqual({ line: `CONNECT ${server.url().host}`, authorization: BASIC });
    expect(proxy.seen).toHaveLength(1); // one tunnel carries many requests
    expect(server.seen[0]?.headers['proxy-authorization']).toBeUndefined();
  });

  it.each(['http', 'https'] as const)('takes its login from nobody else: %s', async (scheme) => {
    const sender = newSender({ proxies: { [scheme]: proxy.url() } });
    const headers = { 'Proxy-Authorization': 'Basic s3cret', Host: 'other.example' };
    const result = await sender.send(post(new URL(`${scheme}://127.0.0.1:1/`), { headers }));
    expect(JSON.stringify(result)).not.toContain('s3cret');
    if (scheme === 'https') expect(result).toMatchObject({ code: 'INVALID_REQUEST', mayHaveArrived: false });
  });

  it('is passed by for what `no` names', async () => {
    const server = await newServer();
    const sender = newSender({ proxies: { http: proxy.url(), no: '127.0.0.0/8' } });
    expect(answered(await sender.send(post(server.url()))).status).toBe(200);
    expect(proxy.seen).toHaveLength(0);
  });

  it.each(['http', 'https'] as const)(
    'that wants a login is the one to blame, not the target: %s',
    async (scheme) => {
      const server = await newServer(scheme === 'https' ? { tls: selfSigned() } : {});
      proxy.wants = BASIC;
      const sender = newSender({ proxies: { [scheme]: proxy.url('jane:wr0ng') } });
      const result = failure(await sender.send(post(server.url())));
      expect(result).toMatchObject({ code: 'PROXY', mayHaveArrived: false });
      expect(result.reason).toContain(`the proxy ${proxy.url().host} answered 407`);
      expect(result.reason).not.toContain('wr0ng');
      proxy.wants = undefined;
      expect(await sender.send(post(server.url()))).not.toMatchObject({ code: 'PROXY' });
    },
  );

  it.each(['http', 'https'] as const)('that is away is named: %s', async (scheme) => {
    const url = proxy.url();
    await proxy.close();
    const sender = newSender({ proxies: { [scheme]: url } });
    const result = failure(await sender.send(post(new URL(`${scheme}://a.example/`))));
    expect(result).toMatchObject({ code: 'CONNECTION_REFUSED', mayHaveArrived: false });
    expect(result.reason).toContain(`the proxy ${url.host}`);
  });

  it('that says nothing is given up in time, and serves again when it speaks', async () => {
    const tls = selfSigned();
    const server = await newServer({ tls });
    proxy.silent = true;
    const sender = newSender({
      proxies: { https: proxy.url() },
      ca: [tls.cert],
      connectTimeoutMs: 200,
      maxConnectionsPerOrigin: 1,
    });
    const result = failure(await sender.send(post(server.url())));
    expect(result).toMatchObject({ code: 'TIMEOUT', mayHaveArrived: false });
    proxy.silent = false;
    expect(answered(await sender.send(post(server.url()))).status).toBe(200);
  });

  it('that finds no target answers 502, which is retried', async () => {
    const server = await newServer();
    const url = server.url();
    await server.close();
    const sender = newSender({ proxies: { http: proxy.url(), https: proxy.url() } });
    expect(answered(await sender.send(post(url))).status).toBe(502);
    const tunnelled = failure(await sender.send(post(new URL(`https://${url.host}/`))));
    expect(tunnelled).toMatchObject({ code: 'PROXY', mayHaveArrived: false });
  });

  it('in doubt: what it was given may have arrived', async () => {
    const server = await newServer();
    server.behave = hang;
    const sender = newSender({ proxies: { http: proxy.url() } });
    const result = failure(await sender.send(post(server.url(), { timeoutMs: 150 })));
    expect(result).toMatchObject({ code: 'TIMEOUT', mayHaveArrived: true });
  });
});
