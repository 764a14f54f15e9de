import { isUtf8 } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest, RequestPayload } from 'fastify';
import type { ByteBudget } from '../core/byte-budget.js';
import { AppError } from '../core/errors.js';
import { BodyReader, type BodyLimits } from './body-reader.js';
import { unsupportedMediaType } from './guard-content-type.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The text of a JSON body, as it was sent; empty without one. */
    jsonText: string;
    /** What the request is answered on. */
    response: ServerResponse | null;
  }
}

const JSON_TYPES = ['application/json', /^application\/[\w.-]+\+json\s*(;|$)/i];
/** Newline-delimited JSON: the handler gets the stream. */
const STREAM_TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];

/** Bodies: JSON whole with its text kept beside the parsed value, NDJSON as a stream, both also gzipped. */
export function acceptBodies(
  fastify: FastifyInstance,
  limits: BodyLimits,
  budget: ByteBudget,
  stopping: AbortSignal,
): void {
  const reader = new BodyReader(limits, budget, stopping);
  fastify.decorateRequest('jsonText', '');
  fastify.decorateRequest('response', null);
  fastify.removeAllContentTypeParsers();
  for (const type of JSON_TYPES) {
    fastify.addContentTypeParser(type, (request, payload, done) => readJson(reader, request, payload, done));
  }
  fastify.addContentTypeParser(STREAM_TYPES, (_request, payload, done) => done(null, payload));
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    request.response = reply.raw;
    const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
    if (encoding === 'identity') return done(null, payload);
    if (encoding !== 'gzip' && encoding !== 'x-gzip') {
      return done(new AppError('UNSUPPORTED_ENCODING', 'Content-Encoding must be gzip or absent.'));
    }
    done(null, gunzip(payload));
  });
}

function readJson(
  reader: BodyReader,
  request: FastifyRequest,
  payload: RequestPayload,
  done: (error: Error | null, body?: unknown) => void,
): void {
  const declared = Number(request.headers['content-length'] ?? 0);
  const { release } = reader.read(payload, declared, (error, body) => {
    if (error) {
      // Nobody reads what is still being unzipped; the request itself lives on until it is answered.
      if (payload !== request.raw) (payload as Readable).destroy();
      return done(error);
    }
    try {
      done(null, parseJson(request, body as Buffer));
    } catch (thrown) {
      done(thrown as Error);
    }
  });
  request.response?.on('close', release); // to release twice does no harm: `once` would only cost more
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
  return new AppError('MALFORMED_JSON', message);
}

function plain(reason: string): string {
  if (reason.includes('UTF-8')) return reason;
  return reason.includes('end of JSON') ? 'it ends too early' : 'it is not valid JSON';
}

/** The reader counts the bytes that come out, so a bomb is cut off where it grows too large. */
function gunzip(payload: RequestPayload): RequestPayload {
  const unzipped = createGunzip();
  payload.on('error', (error) => unzipped.destroy(error));
  unzipped.on('close', () => payload.resume());
  return payload.pipe(unzipped);
}
