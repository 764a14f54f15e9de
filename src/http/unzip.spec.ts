import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { expect, it } from '@jest/globals';
import { unzip } from './unzip.js';

it('ends without an unhandled error when the client leaves before anybody reads the body', async () => {
  const response = new EventEmitter();
  const body = unzip(new PassThrough(), response as ServerResponse) as Readable;
  const closed = new Promise((resolve) => body.once('close', resolve));
  response.emit('close');
  await closed;
  expect(body.errored).toMatchObject({ code: 'STREAM_BROKEN' });
});
