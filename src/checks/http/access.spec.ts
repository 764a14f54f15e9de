import { selfSigned } from '../../../test/support/certificate.js';
import { checkContext } from '../../../test/support/check-context.js';
import { HttpTargets, type SeenRequest } from '../../../test/support/http-targets.js';
import type { CheckContext, CheckOutcome } from '../define-check.js';
import http from '../http.check.js';
import { runCheck } from '../run-check.js';

describe('the access of an http check', () => {
  const targets = new HttpTargets();
  afterEach(() => targets.close());

  const check = (config: Record<string, unknown>, given: Partial<CheckContext> = {}): Promise<CheckOutcome> =>
    runCheck(http, config, checkContext(given));

  it('verifies certificates, unless told not to', async () => {
    const { url, ca } = await targets.serveSecurely((_, response) => response.end('safe'));
    expect(await check({ url })).toMatchObject({
      found: 'down',
      message: expect.stringContaining('self-signed'),
    });
    expect(await check({ url, ignore_tls_errors: true })).toMatchObject({ found: 'up' });
    expect(await check({ url, tlsCa: ca })).toMatchObject({ found: 'up', message: '200 OK.' });
    expect(await check({ url, tlsCa: ca, check_cert_expiry: true })).toMatchObject({
      found: 'up',
      message: '200 OK; the certificate ends in 1 day.',
    });
    expect(await check({ url, tlsCa: ca, check_cert_expiry: true, cert_min_days: 5 })).toMatchObject({
      found: 'down',
      message: '200 OK; the certificate ends in 1 day, but it must have 5 left.',
    });
  });

  it('tells of a certificate that has ended', async () => {
    const { url, ca } = await targets.serveSecurely((_, response) => response.end(), { from: -3, until: -1 });
    expect(await check({ url, tlsCa: ca })).toMatchObject({
      found: 'down',
      message: expect.stringContaining('expired'),
    });
    expect(await check({ url, ignore_tls_errors: true, check_cert_expiry: true })).toMatchObject({
      found: 'down',
      message: '200 OK, but the certificate has expired.',
    });
    expect(await check({ url, ignore_tls_errors: true })).toMatchObject({ found: 'up' });
  });

  it('shows its own certificate for mtls', async () => {
    const client = selfSigned({ names: ['client'] });
    const { url, ca } = await targets.serveSecurely((_, response) => response.end(), {
      clientCa: client.cert,
    });
    const mtls = { authMethod: 'mtls', tlsCert: client.cert, tlsKey: client.key, tlsCa: ca };
    expect(await check({ url, ...mtls })).toMatchObject({ found: 'up', message: '200 OK.' });
    expect(await check({ url, tlsCa: ca })).toMatchObject({ found: 'down' });
    expect(await check({ url, ...mtls, tlsKey: 'no key' })).toMatchObject({
      found: 'unknown',
      message: expect.stringContaining('no usable certificate'),
    });
  });

  it('gets a token once, and anew when it is not taken any more', async () => {
    let valid = 'token-1';
    let asked = 0;
    const tokens = await targets.serve((request, response) => {
      asked += 1;
      const { text, headers } = request as SeenRequest;
      expect(text).toBe('grant_type=client_credentials&scope=read+write');
      expect(headers.authorization).toBe(`Basic ${Buffer.from('id:se%2Bcret').toString('base64')}`);
      response.end(JSON.stringify({ access_token: valid, expires_in: 3600 }));
    });
    const url = await targets.serve(({ headers }, response) => {
      response.writeHead(headers.authorization === `Bearer ${valid}` ? 200 : 401).end();
    });
    const client = { oauth_client_id: 'id', oauth_client_secret: 'se+cret', oauth_scopes: 'read write' };
    const config = { url, authMethod: 'oauth2-cc', oauth_token_url: `${tokens}/token`, ...client };
    const outcomes = await Promise.all([check(config), check(config), check(config)]);
    expect(outcomes.map(({ found }) => found)).toEqual(['up', 'up', 'up']);
    expect(asked).toBe(1);
    valid = 'token-2';
    expect(await check(config)).toMatchObject({ found: 'up' });
    expect(asked).toBe(2);
  });

  it('is down without a token, and asks for one only where the policy allows', async () => {
    const tokens = await targets.serve((_, response) =>
      response.writeHead(400).end('{"error":"invalid_client"}'),
    );
    const config = {
      url: tokens,
      authMethod: 'oauth2-cc',
      oauth_client_id: 'id',
      oauth_client_secret: 'hush-hush',
    };
    expect(await check({ ...config, oauth_token_url: tokens })).toMatchObject({
      found: 'down',
      message: expect.stringMatching(/^No token: the token endpoint 127\.0\.0\.1:\d+ answers 400\.$/),
    });
    expect(await check({ ...config, oauth_token_url: 'http://169.254.169.254/token' })).toMatchObject({
      found: 'unknown',
      message: expect.stringContaining('169.254.169.254 may not be asked'),
    });
  });
});
