import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Gauge, Registry } from 'prom-client';
import type { AppConfig } from '../../config/app-config.js';
import { AppError } from '../../core/errors.js';
import { errorBody } from '../../http/error-body.js';
import { ErrorTranslator } from '../../http/error-translator.js';
import { StreamWriter } from '../../http/stream-writer.js';
import { RecordLog, type StoredRecord } from '../../ports/record-log.port.js';
import { Lifecycle } from '../../process/lifecycle.js';
import { CONFIG } from '../../process/tokens.js';
import { storedRecordText } from './stored-record.js';

const HEARTBEAT_MS = 15_000;
const PIECE_CHARS = 64 * 1024;
const EVENT_STREAM = 'text/event-stream; charset=utf-8';

/** Follows topics for HTTP clients as server-sent events; a bounded number at once. */
@Injectable()
export class TailService {
  private followers = 0;
  private readonly gauge: Gauge;

  constructor(
    private readonly log: RecordLog,
    private readonly lifecycle: Lifecycle,
    private readonly errors: ErrorTranslator,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'gateway'>,
    metrics: Registry,
  ) {
    this.gauge = new Gauge({
      name: 'carillon_producer_followers',
      help: 'Clients that follow a topic now',
      registers: [metrics],
    });
  }

  /** Writes what arrives until the client goes or the process stops. @throws AppError before the first byte only */
  async follow(topic: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    // Fastify answers HEAD by GET's handler; there is nothing to follow.
    if (request.method === 'HEAD') return void reply.header('content-type', EVENT_STREAM).send();
    if (this.followers >= this.config.gateway.tailClients) {
      throw new AppError('READERS_BUSY', 'Too many followers at once (TAIL_CLIENTS).', { retryAfterS: 5 });
    }
    this.gauge.set((this.followers += 1));
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.lifecycle.stopping]);
    try {
      const groups = await this.log.tail(topic, signal);
      reply.hijack();
      await this.write(groups, request, reply);
    } finally {
      this.gauge.set((this.followers -= 1));
    }
  }

  private async write(
    groups: AsyncIterable<StoredRecord[]>,
    request: FastifyRequest,
    { raw }: FastifyReply,
  ): Promise<void> {
    const writer = new StreamWriter(raw, this.lifecycle.stopping);
    raw.writeHead(200, { 'content-type': EVENT_STREAM, 'cache-control': 'no-store' });
    raw.write(': following\n\n');
    const heartbeat = setInterval(() => raw.writableNeedDrain || raw.write(':\n\n'), HEARTBEAT_MS);
    try {
      for await (const records of groups)
        for (const piece of pieces(records)) await writer.write(Buffer.from(piece));
      await writer.end('');
    } catch (thrown) {
      const error = this.errors.translate(thrown, request);
      // It does not read: no last event would reach it, and what is queued for it is let go.
      if (error.code === 'STREAM_STALLED') return void raw.destroy();
      await writer.end(`event: error\ndata: ${JSON.stringify(errorBody(error, request.id))}\n\n`);
    } finally {
      clearInterval(heartbeat);
    }
  }
}

/** Events in pieces: a follower that stands still holds no more than one of them besides its records. */
function* pieces(records: readonly StoredRecord[]): Generator<string> {
  let piece = '';
  for (const record of records) {
    piece += eventText(record);
    if (piece.length < PIECE_CHARS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

/** JSON text may span lines where the sender's did; each becomes a `data:` line of its own. */
function eventText(record: StoredRecord): string {
  const data = storedRecordText(record)
    .split(/\r\n|\r|\n/)
    .join('\ndata: ');
  return `id: ${record.partition}-${record.offset}\ndata: ${data}\n\n`;
}
