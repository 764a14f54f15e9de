import { describe, expect, it } from '@jest/globals';
import { selfSigned } from '../support/certificate.js';
import { answered, failure, newProxy, newSender, newServer, post } from './posting.js';

describe('https', () => {
  it('delivers where the certificate is trusted', async () => {
    const tls = selfSigned();
    const server = await newServer({ tls });
    const sender = newSender({ ca: [tls.cert] });
    expect(answered(await sender.send(post(server.url()))).status).toBe(200);
    const byName = new URL(`https://localhost:${server.port}/`);
    expect(answered(await sender.send(post(byName))).status).toBe(200);
  });

  it.each([
    ['self-signed', {}, false, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['expired', { from: -10, until: -1 }, true, 'CERT_HAS_EXPIRED'],
    ['not valid yet', { from: 1, until: 2 }, true, 'CERT_NOT_YET_VALID'],
    ['made out to another name', { names: ['other.example'] }, true, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('sends nothing where the certificate is %s', async (_, options, trusted, name) => {
    const tls = selfSigned(options);
    const server = await newServer({ tls });
    const proxy = await newProxy();
    const ca = trusted ? { ca: [tls.cert] } : {};
    for (const sender of [newSender(ca), newSender({ ...ca, proxies: { https: proxy.url() } })]) {
      const result = failure(await sender.send(post(server.url())));
      expect(result).toMatchObject({ code: 'TLS', mayHaveArrived: false });
      expect(result.reason).toContain(server.url().host);
      expect(result.reason).toContain(name);
    }
    expect(server.seen).toHaveLength(0);
  });

  it('is TLS, or nothing is sent', async () => {
    const plain = await newServer();
    const url = new URL(`https://127.0.0.1:${plain.port}/`);
    expect(failure(await newSender().send(post(url)))).toMatchObject({ code: 'TLS', mayHaveArrived: false });
  });

  it('asked in plain is no answer', async () => {
    const server = await newServer({ tls: selfSigned() });
    const url = new URL(`http://127.0.0.1:${server.port}/`);
    expect(failure(await newSender().send(post(url)))).toMatchObject({ kind: 'failed' });
    expect(server.seen).toHaveLength(0);
  });
});
