import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { unzip } from './unzip.js';

const ZIPPED = gzipSync(Buffer.from(Array.from({ length: 500_000 }, (_, n) => `${n % 977}\n`).join('')));

let server: Server;
afterEach(() => {
  server.close();
});

/** A server that unzips a body, once its client has sent all of it. */
async function unzipped(): Promise<{ body: Readable; leave: () => void }> {
  server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${ZIPPED.length}\r\n\r\n`);
  socket.write(ZIPPED);
  const [request, response] = await once(server, 'request');
  return { body: unzip(request, response), leave: () => socket.resetAndDestroy() };
}

describe('unzip', () => {
  it('ends without an unhandled error when the client leaves before anybody reads the body', async () => {
    const { body, leave } = await unzipped();
    const closed = new Promise((resolve) => body.once('close', resolve));
    leave();
    await closed;
    expect(body.errored).toMatchObject({ code: 'STREAM_BROKEN' });
  });

  it('stops when the client goes, although all that it sent is there', async () => {
    const { body, leave } = await unzipped();
    await once(body, 'readable');
    const failed = once(body, 'error');
    leave();
    expect((await failed)[0]).toMatchObject({ code: 'STREAM_BROKEN' });
    expect(body.destroyed).toBe(true);
  });

  it('gives all of a body whose client waits', async () => {
    const { body, leave } = await unzipped();
    let length = 0;
    for await (const chunk of body) length += (chunk as Buffer).length;
    expect(length).toBe(Array.from({ length: 500_000 }, (_, n) => `${n % 977}\n`).join('').length);
    leave();
  });
});
