import { isUtf8 } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest, RequestPayload } from 'fastify';
import type { ByteBudget } from '../core/byte-budget.js';
import { AppError } from '../core/errors.js';
import { jsonExcess } from '../core/json-scan.js';
import { longTextOf } from '../core/long-json.js';
import { Pauses } from '../core/pauses.js';
import { Turns } from '../core/turns.js';
import { LARGE_VALUE, MANAGEMENT_BODY, refuseExcess } from './body-bounds.js';
import { BodyReader, type BodyLimits } from './body-reader.js';
import { unsupportedMediaType } from './guard-content-type.js';
import { unzip } from './unzip.js';
import {
  isArrayText,
  isEmptyArray,
  LargeArray,
  LongValue,
  malformed,
  parseJson,
  scanLarge,
} from './bounded-json.js';

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
  const parser = new JsonParser(new BodyReader(limits, budget, stopping), limits.bodyLimit);
  fastify.decorateRequest('jsonText', '');
  fastify.decorateRequest('response', null);
  fastify.removeAllContentTypeParsers();
  for (const type of JSON_TYPES) {
    fastify.addContentTypeParser(type, (request, payload, done) => parser.read(request, payload, done));
  }
  fastify.addContentTypeParser(STREAM_TYPES, (_request, payload, done) => done(null, payload));
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    request.response = reply.raw;
    const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
    if (encoding === 'identity') return done(null, payload);
    if (encoding !== 'gzip' && encoding !== 'x-gzip') {
      return done(new AppError('UNSUPPORTED_ENCODING', 'Content-Encoding must be gzip or absent.'));
    }
    done(null, unzip(payload, reply.raw));
  });
}

/** A short text needs neither its route looked up nor a measure: nothing of it is outside any bounds. */
const SHORT = 2 * MANAGEMENT_BODY.depth;
/** Longer bodies are read in slices, one body at a time. */
const LARGE_BYTES = MANAGEMENT_BODY.bytes;
/** Values, and characters, of an array that are parsed in one go: 5 ms. */
const AT_ONCE_NODES = 20_000;
const AT_ONCE_TEXT = 1024 * 1024;

/** Bodies of JSON, each measured before it is parsed: no body holds the event loop for long. */
class JsonParser {
  private readonly turns = new Turns(1);

  constructor(
    private readonly reader: BodyReader,
    private readonly bodyLimit: number,
  ) {}

  read(
    request: FastifyRequest,
    payload: RequestPayload,
    done: (error: Error | null, body?: unknown) => void,
  ): void {
    const declared = Number(request.headers['content-length'] ?? 0);
    const limit = this.limitOf(request, declared);
    const { release } = this.reader.read(payload, { declared, limit }, (error, body) => {
      if (error) {
        // Nobody reads what is still being unzipped; the request itself lives on until it is answered.
        if (payload !== request.raw) (payload as Readable).destroy();
        return done(error);
      }
      const bytes = body as Buffer;
      if (bytes.length > LARGE_BYTES) {
        this.turns.run(() => this.parseLarge(request, bytes)).then((value) => done(null, value), done);
        return;
      }
      try {
        done(null, parseWhole(request, bytes));
      } catch (thrown) {
        done(thrown as Error);
      }
    });
    request.response?.on('close', release); // to release twice does no harm: `once` would only cost more
  }

  /** Longest body. A length that is known and small needs no look at the route. */
  private limitOf(request: FastifyRequest, declared: number): number {
    if (declared > 0 && declared <= MANAGEMENT_BODY.bytes && !isEncoded(request)) return this.bodyLimit;
    return request.routeOptions.config.largeBody
      ? this.bodyLimit
      : Math.min(this.bodyLimit, MANAGEMENT_BODY.bytes);
  }

  /** What a large body parses to; a `LongValue` or a `LargeArray` where it is too long for that. */
  private async parseLarge(request: FastifyRequest, bytes: Buffer): Promise<unknown> {
    const pauses = new Pauses();
    const throwIfGone = () => {
      if (request.response?.destroyed) throw new AppError('BAD_REQUEST', 'The request was broken off.');
    };
    throwIfGone();
    if (!isUtf8(bytes)) throw malformed('Malformed JSON: the body is not UTF-8');
    request.jsonText = await longTextOf(bytes);
    const scan = await scanLarge(request.jsonText);
    await pauses.now();
    throwIfGone();
    const text = request.jsonText;
    const isArray = request.routeOptions.config.largeBody === 'array' && isArrayText(text);
    if (isArray && isEmptyArray(text)) return parseJson(text);
    if (isArray && (scan.nodes > AT_ONCE_NODES || text.length > AT_ONCE_TEXT))
      return new LargeArray(text, scan, this.turns, throwIfGone);
    refuseExcess(scan.excess(LARGE_VALUE), 'The body');
    if (!isArray) return new LongValue(text, 0);
    const value = parseJson(text);
    await pauses.now();
    return value;
  }
}

function isEncoded({ headers }: FastifyRequest): boolean {
  return headers['content-encoding'] !== undefined;
}

function parseWhole(request: FastifyRequest, bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw malformed('Malformed JSON: the body is not UTF-8');
  request.jsonText = bytes.toString('utf8');
  if (bytes.length > SHORT) {
    const bounds = request.routeOptions.config.largeBody ? LARGE_VALUE : MANAGEMENT_BODY;
    refuseExcess(jsonExcess(request.jsonText, bounds), 'The body');
  }
  return parseJson(request.jsonText);
}

/** A JSON body: its text, and what that parses to. @throws AppError UNSUPPORTED_MEDIA_TYPE for a stream */
export function jsonBody(request: FastifyRequest): { text: string; value: unknown } {
  if (request.body instanceof Readable) throw unsupportedMediaType();
  return { text: request.jsonText, value: request.body };
}
