import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BoundedQueue } from '../../core/bounded-queue.js';
import { AppError } from '../../core/errors.js';
import { failureOf, resultText } from '../../gateway/answers.js';
import { ErrorTranslator } from '../../http/error-translator.js';
import { unsupportedMediaType } from '../../http/guard-content-type.js';
import { StreamWriter } from '../../http/stream-writer.js';
import { Lifecycle } from '../../process/lifecycle.js';
import { StreamReader, type Groups } from './stream-reader.js';

/** Weight of lines that are read but not answered. Four times as much is no faster, and 80 MB more of young garbage. */
const IN_FLIGHT_BYTES = 256 * 1024;
/** What a client that was cut off has to read our last line. */
const GRACE_MS = 2000;

interface Totals {
  records: number;
  written: number;
  failed: number;
}

/** NDJSON in, one result line a record out, while the request is still being read. */
@Injectable()
export class StreamService {
  constructor(
    private readonly reader: StreamReader,
    private readonly errors: ErrorTranslator,
    private readonly lifecycle: Lifecycle,
  ) {}

  /** @throws AppError before the first byte of the answer only */
  async run(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (!(request.body instanceof Readable)) throw unsupportedMediaType('application/x-ndjson');
    if (request.headers['idempotency-key'] !== undefined) {
      const text = 'A stream takes no Idempotency-Key; send batches to have one each.';
      throw new AppError('IDEMPOTENCY_KEY_INVALID', text);
    }
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' });
    reply.raw.flushHeaders();
    const writer = new StreamWriter(reply.raw, this.lifecycle.stopping);
    const groups: Groups = new BoundedQueue(IN_FLIGHT_BYTES);
    const totals: Totals = { records: 0, written: 0, failed: 0 };
    const reading = this.reader.read(request.body, groups).finally(() => groups.close());
    // Awaited below, when all that was read is answered; until then nobody listens.
    reading.catch(() => undefined);
    try {
      await answer(groups, writer, totals);
      await reading;
      await writer.end(lastLine({ done: true, ...totals }));
    } catch (thrown) {
      groups.close();
      const { code, message, retryable } = this.errors.translate(thrown, request);
      const error = { code, message, retryable, requestId: request.id };
      await writer.end(lastLine({ done: false, error, ...totals }));
      cutOff(request.raw);
    }
  }
}

async function answer(groups: Groups, writer: StreamWriter, totals: Totals): Promise<void> {
  for await (const group of groups) {
    const results = await group;
    const failed = results.filter((result) => failureOf(result)).length;
    totals.records += results.length;
    totals.failed += failed;
    totals.written += results.length - failed;
    await writer.write(results.map((result) => `${resultText(result)}\n`).join(''));
  }
}

function lastLine(last: object): string {
  return `${JSON.stringify(last)}\n`;
}

/** What the client still sends is not wanted: a moment to read our last line, then the connection ends. */
function cutOff(request: IncomingMessage): void {
  if (request.complete) return;
  request.resume();
  request.socket.end();
  setTimeout(() => request.socket.destroy(), GRACE_MS).unref();
}
