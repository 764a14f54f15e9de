import { PassThrough, type Readable } from 'node:stream';
import { AppError } from './errors.js';

/**
 * The chunks of a request body, ending early and cleanly when `signal` aborts: destroying the request itself would
 * take the connection, and with it our answer, away.
 */
export async function* untilAborted(body: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  const through = body.pipe(new PassThrough());
  const stop = () => {
    body.unpipe(through);
    through.end();
  };
  const fail = (error: Error) => through.destroy(error);
  body.once('error', fail);
  const closed = () => {
    if (!body.readableEnded) fail(new AppError('STREAM_BROKEN', 'The request was broken off.'));
  };
  if (body.destroyed) closed();
  body.once('close', closed);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    yield* through as AsyncIterable<Buffer>;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
