import { setMaxListeners } from 'node:events';
import { checkContext } from '../../../test/support/check-context.js';
import { eventually } from '../../../test/support/eventually.js';
import { HttpTargets } from '../../../test/support/http-targets.js';
import type { CheckContext, CheckOutcome } from '../define-check.js';
import http from '../http.check.js';
import { runCheck } from '../run-check.js';

describe('the http check', () => {
  const targets = new HttpTargets();
  afterEach(() => targets.close());

  const check = (config: Record<string, unknown>, given: Partial<CheckContext> = {}): Promise<CheckOutcome> =>
    runCheck(http, config, checkContext(given));

  it('is up with an accepted status, and tells the latency', async () => {
    const url = await targets.serve((_, response) => response.end('fine'));
    expect(await check({ url })).toMatchObject({
      found: 'up',
      message: '200 OK.',
      latencyMs: expect.any(Number),
    });
    expect(targets.seen[0]?.headers).toMatchObject({
      'user-agent': 'carillon',
      accept: '*/*',
      connection: 'close',
    });
    await eventually(() => expect(targets.sockets.size).toBe(0));
  });

  it('is down with another one', async () => {
    const url = await targets.serve((_, response) => response.writeHead(503).end());
    expect(await check({ url })).toMatchObject({
      found: 'down',
      message: '503 Service Unavailable, but 2XX is asked for.',
      latencyMs: expect.any(Number),
    });
    expect(await check({ url, accepted_statuscodes: ['2XX', '503'] })).toMatchObject({ found: 'up' });
  });

  it('sends method, headers, body and what it is', async () => {
    const url = await targets.serve((_, response) => response.end());
    const headers = '{"X-One":"1","Host":"virtual.example","Content-Length":"999","Connection":"upgrade"}';
    await check({ url: `${url}/p?q=1`, method: 'PUT', headers, encoding: 'form', body: 'a=1&b=ü' });
    expect(targets.seen[0]).toMatchObject({ method: 'PUT', url: '/p?q=1', text: 'a=1&b=ü' });
    expect(targets.seen[0]?.headers).toMatchObject({
      ...{ 'x-one': '1', host: 'virtual.example', 'content-length': '8', connection: 'close' },
      ...{ 'content-type': 'application/x-www-form-urlencoded' },
    });
    await check({ url, method: 'HEAD', headers: { 'content-type': 'text/csv' } });
    expect(targets.seen[1]).toMatchObject({ method: 'HEAD' });
  });

  it('follows redirects, and leaves what is secret behind', async () => {
    const other = await targets.serve((_, response) => response.end('there'));
    const url = await targets.serve(({ url: path }, response) => {
      const location = path === '/a' ? '/b' : path === '/loop' ? '/loop' : `${other}/c`;
      response.writeHead(path === '/a' ? 302 : 307, { location }).end();
    });
    const access = { authMethod: 'basic', basic_auth_user: 'u', basic_auth_pass: 'hidden-pass', body: '{}' };
    expect(
      await check({
        url: `${url}/a`,
        method: 'POST',
        headers: { 'X-Token': 't', 'X-Plain': 'p' },
        ...access,
      }),
    ).toMatchObject({
      found: 'up',
      message: '200 OK after 2 redirects.',
    });
    expect(targets.seen.map(({ method, url: path }) => `${method} ${path}`)).toEqual([
      'POST /a',
      'GET /b',
      'GET /c',
    ]);
    expect(targets.seen[1]?.headers).toMatchObject({
      authorization: 'Basic dTpoaWRkZW4tcGFzcw==',
      'x-token': 't',
    });
    expect(targets.seen[2]?.headers).toMatchObject({ 'x-plain': 'p' });
    expect(targets.seen[2]?.headers).not.toHaveProperty('authorization');
    expect(targets.seen[2]?.headers).not.toHaveProperty('x-token');
    expect(await check({ url: `${url}/loop`, max_redirects: 3 })).toMatchObject({
      found: 'down',
      message: expect.stringContaining('more than 3 redirects'),
    });
    expect(await check({ url: `${url}/a`, max_redirects: 0, accepted_statuscodes: ['302'] })).toMatchObject({
      found: 'up',
      message: '302 Found.',
    });
  });

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://127.0.0.2/',
    'http://2130706434/',
    'http://[::ffff:127.0.0.2]/',
    'http://0x7f.2/',
    'http://127.1.2.3/',
    'http://[::1]/',
  ])('goes nowhere by a redirect to %s', async (location) => {
    const url = await targets.serve((_, response) => response.writeHead(302, { location }).end());
    expect(await check({ url })).toMatchObject({
      found: 'unknown',
      message: expect.stringContaining('may not be asked with CHECK_TARGETS=public'),
    });
    expect(await check({ url: location })).toMatchObject({ found: 'unknown' });
  });

  it('is down in words when nobody listens, or what comes is no HTTP', async () => {
    const url = await targets.serve((request) => request.socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n'));
    expect(await check({ url })).toMatchObject({
      found: 'down',
      message: expect.stringContaining('does not speak HTTP'),
    });
    expect(await check({ url: 'http://127.0.0.1:1/' })).toMatchObject({
      found: 'down',
      message: '127.0.0.1:1 refuses the connection (ECONNREFUSED).',
    });
    const closing = await targets.serve((request) => request.socket.destroy());
    expect(await check({ url: closing })).toMatchObject({ found: 'down' });
  });

  it('lets go of 200 targets that hang, before and within their answers', async () => {
    // Sockets of test files that ran before this one in the same process may still be closing.
    const held = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    const before = held();
    let begun = 0;
    const url = await targets.serve(({ url: path }, response) => {
      begun += 1;
      if (path === '/within') response.write('half of');
    });
    const given = new AbortController();
    setMaxListeners(0, given.signal);
    const paths = Array.from({ length: 200 }, (_, i) => (i % 2 ? '/within' : '/before'));
    const outcomes = Promise.all(paths.map((path) => check({ url: url + path }, { signal: given.signal })));
    await eventually(() => expect(begun).toBe(200));
    given.abort();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ found: 'down', message: 'no answer within 5000 ms' });
    }
    await eventually(() => expect(targets.sockets.size).toBe(0));
    await eventually(() => expect(held()).toBeLessThanOrEqual(before));
  });
});
