import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest, RequestPayload } from 'fastify';
import { AppError } from '../core/errors.js';
import { unsupportedMediaType } from './guard-content-type.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The text of a JSON body, as it was sent; empty without one. */
    jsonText: string;
  }
}

const JSON_TYPES = ['application/json', /^application\/[\w.-]+\+json$/];
/** Newline-delimited JSON: the handler gets the stream. */
export const STREAM_TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];

/** Bodies: JSON whole with its text kept beside the parsed value, NDJSON as a stream, both also gzipped. */
export function acceptBodies(fastify: FastifyInstance): void {
  fastify.decorateRequest('jsonText', '');
  fastify.removeAllContentTypeParsers();
  for (const type of JSON_TYPES) {
    fastify.addContentTypeParser(type, { parseAs: 'buffer' }, (request, body, done) => {
      try {
        done(null, parseJson(request, body as Buffer));
      } catch (error) {
        done(error as Error);
      }
    });
  }
  fastify.addContentTypeParser(STREAM_TYPES, (_request, payload, done) => done(null, payload));
  fastify.addHook('preParsing', (request, _reply, payload, done) => {
    const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
    if (encoding === 'identity') return done(null, payload);
    if (encoding !== 'gzip' && encoding !== 'x-gzip') {
      return done(new AppError('UNSUPPORTED_ENCODING', 'Content-Encoding must be gzip or absent.'));
    }
    done(null, gunzip(payload));
  });
}

/** A JSON body: its text, and what that parses to. @throws AppError UNSUPPORTED_MEDIA_TYPE for a stream */
export function jsonBody(request: FastifyRequest): { text: string; value: unknown } {
  if (request.body instanceof Readable) throw unsupportedMediaType();
  return { text: request.jsonText, value: request.body };
}

function parseJson(request: FastifyRequest, body: Buffer): unknown {
  if (!isUtf8(body)) throw malformed('the body is not UTF-8');
  request.jsonText = body.toString('utf8');
  try {
    return JSON.parse(request.jsonText);
  } catch (error) {
    throw malformed((error as Error).message);
  }
}

/** V8's own message quotes the body, which may hold secrets: only the place is told. */
function malformed(reason: string): AppError {
  const at = /position (\d+)/.exec(reason)?.[1];
  const message = at === undefined ? `Malformed JSON: ${plain(reason)}` : `Malformed JSON at character ${at}`;
  return new AppError('MALFORMED_JSON', message, {
    detail: [{ type: 'json_invalid', loc: ['body'], msg: message }],
  });
}

function plain(reason: string): string {
  if (reason.includes('UTF-8')) return reason;
  return reason.includes('end of JSON') ? 'it ends too early' : 'it is not valid JSON';
}

/** Fastify counts the bytes that come out against the body limit, so a bomb is cut off where it grows too large. */
function gunzip(payload: RequestPayload): RequestPayload {
  const counted = Object.assign(createGunzip(), { receivedEncodedLength: 0 });
  payload.on('data', (chunk: Buffer) => (counted.receivedEncodedLength += chunk.length));
  payload.on('error', (error) => counted.destroy(error));
  counted.on('close', () => payload.resume());
  return payload.pipe(counted);
}
