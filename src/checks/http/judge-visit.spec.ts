import { brotliCompressSync, gzipSync } from 'node:zlib';
import { checkContext } from '../../../test/support/check-context.js';
import { HttpTargets } from '../../../test/support/http-targets.js';
import type { CheckContext, CheckOutcome } from '../define-check.js';
import http from '../http.check.js';
import { runCheck } from '../run-check.js';

const MIB = 1024 * 1024;

describe('the body of a check’s answer', () => {
  const targets = new HttpTargets();
  afterEach(() => targets.close());

  const check = (config: Record<string, unknown>, given: Partial<CheckContext> = {}): Promise<CheckOutcome> =>
    runCheck(http, config, checkContext(given));

  it('looks for a keyword, in compressed bodies too, and no further than 1 MiB', async () => {
    const keyword = 'is well';
    const bomb = gzipSync(Buffer.alloc(20 * MIB, 32));
    const url = await targets.serve(({ url: path, headers }, response) => {
      expect(headers['accept-encoding']).toBe('gzip, br');
      if (path === '/gzip')
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('all is well'));
      if (path === '/br')
        response.writeHead(200, { 'content-encoding': 'br' }).end(brotliCompressSync('all is well'));
      if (path === '/bomb') response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
      if (path === '/latin')
        response
          .writeHead(200, { 'content-type': 'text/html; charset="ISO-8859-1"' })
          .end(Buffer.from('grün', 'latin1'));
      if (path === '/broken') response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip at all');
      if (path === '/zstd') response.writeHead(200, { 'content-encoding': 'zstd' }).end('x');
      if (path === '/cut')
        response.writeHead(200, { 'content-length': '10' }).write('all', () => response.destroy());
    });
    expect(await check({ url: `${url}/gzip`, keyword })).toMatchObject({ found: 'up' });
    expect(await check({ url: `${url}/br`, keyword })).toMatchObject({ found: 'up' });
    expect(await check({ url: `${url}/latin`, keyword: 'grün' })).toMatchObject({ found: 'up' });
    expect(await check({ url: `${url}/gzip`, keyword, invert_keyword: true })).toMatchObject({
      found: 'down',
      message: '200 OK, but the body has the keyword is well.',
    });
    expect(await check({ url: `${url}/bomb`, keyword })).toMatchObject({
      found: 'down',
      message: '200 OK, but the first 1024 KiB of the body does not have the keyword is well.',
    });
    expect(await check({ url: `${url}/bomb`, json_query: 'a' })).toMatchObject({
      found: 'down',
      message: expect.stringContaining('more than 1 MiB'),
    });
    expect(await check({ url: `${url}/broken`, keyword })).toMatchObject({
      found: 'down',
      message: expect.stringContaining('is not as its content-encoding says (Z_DATA_ERROR)'),
    });
    expect(await check({ url: `${url}/zstd`, keyword })).toMatchObject({
      found: 'down',
      message: expect.stringContaining('encoded as zstd'),
    });
    expect(await check({ url: `${url}/cut` })).toMatchObject({ found: 'down' });
  });

  it('queries JSON', async () => {
    const url = await targets.serve((_, response) => response.end('{"state":{"db":"up","lag":3}}'));
    expect(await check({ url, json_query: 'state.db', expected_value: 'up' })).toMatchObject({ found: 'up' });
    expect(
      await check({ url, json_query: 'state.lag', json_condition: '<', expected_value: 2 }),
    ).toMatchObject({
      found: 'down',
      message: '200 OK, but the query state.lag gives 3, which is not < 2.',
    });
    expect(await check({ url, json_query: '$sum([1..state.lag]) = 6', expected_value: true })).toMatchObject({
      found: 'up',
    });
    const endless = '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)';
    expect(await check({ url, json_query: endless })).toMatchObject({
      found: 'unknown',
      message: '200 OK. The query takes longer than 1000 ms.',
    });
  });
});
