import type { ServerResponse } from 'node:http';
import { Transform, type TransformCallback } from 'node:stream';
import { createGunzip, type Gunzip } from 'node:zlib';
import type { RequestPayload } from 'fastify';
import { AppError } from '../core/errors.js';

/** Bytes that come out for one that goes in. JSON lines that repeat each other reach 50 to 100, a bomb 1,000. */
const GZIP_MAX_RATIO = 200;
/** Less than this may come out whatever went in, bytes. */
const GZIP_FREE_BYTES = 1024 * 1024;

/**
 * A body's bytes out of gzip. It ends with an error when far more comes out than went in, and when the answer's
 * connection closes: nobody waits for what is still to be unzipped. How long a body may be is its reader's to count.
 */
export function unzip(payload: RequestPayload, response: ServerResponse): RequestPayload {
  const gunzip = createGunzip();
  const guard = new RatioGuard(gunzip);
  const leave = () => guard.destroy(guard.readableEnded ? undefined : gone());
  // Not by pipeline(): it would destroy the request, and with it the connection that our answer needs.
  payload.on('error', (error) => guard.destroy(error));
  gunzip.on('error', (error) => guard.destroy(error));
  // A client may leave before anybody reads the body: without a listener the error would end the process.
  guard.on('error', () => undefined);
  response.once('close', leave);
  guard.once('close', () => {
    response.off('close', leave);
    gunzip.destroy();
    payload.resume();
  });
  payload.pipe(gunzip).pipe(guard);
  return guard;
}

class RatioGuard extends Transform {
  private unzipped = 0;

  constructor(private readonly gunzip: Gunzip) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    this.unzipped += chunk.length;
    const most = Math.max(GZIP_FREE_BYTES, this.gunzip.bytesWritten * GZIP_MAX_RATIO);
    if (this.unzipped > most) done(tooDense());
    else done(null, chunk);
  }
}

function tooDense(): AppError {
  const text = `The body unzips to more than ${GZIP_MAX_RATIO} times its size: send it in smaller pieces, or without gzip.`;
  return new AppError('BODY_TOO_LARGE', text);
}

function gone(): AppError {
  return new AppError('STREAM_BROKEN', 'The request was broken off.');
}
