import { once } from 'node:events';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Gauge, Registry } from 'prom-client';
import type { AppConfig } from '../../config/app-config.js';
import { AppError, asAppError } from '../../core/errors.js';
import { errorBody } from '../../http/error-filter.js';
import { RecordLog, type StoredRecord } from '../../ports/record-log.port.js';
import { Lifecycle } from '../../process/lifecycle.js';
import { CONFIG } from '../../process/tokens.js';
import { storedRecordText } from './stored-record.js';

const HEARTBEAT_MS = 15_000;

/** Follows topics for HTTP clients as server-sent events; a bounded number at once. */
@Injectable()
export class TailService {
  private followers = 0;
  private readonly gauge: Gauge;

  constructor(
    private readonly log: RecordLog,
    private readonly lifecycle: Lifecycle,
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
      await write(groups, reply, request.id, signal);
    } finally {
      this.gauge.set((this.followers -= 1));
    }
  }
}

async function write(
  groups: AsyncIterable<StoredRecord[]>,
  reply: FastifyReply,
  requestId: string,
  signal: AbortSignal,
): Promise<void> {
  const { raw } = reply;
  raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
  raw.write(': following\n\n');
  const heartbeat = setInterval(() => raw.write(':\n\n'), HEARTBEAT_MS);
  try {
    for await (const records of groups) {
      const isRoom = raw.write(records.map(eventText).join(''));
      if (!isRoom) await once(raw, 'drain', { signal }).catch(() => undefined);
    }
  } catch (thrown) {
    raw.write(`event: error\ndata: ${JSON.stringify(errorBody(asAppError(thrown), requestId))}\n\n`);
  } finally {
    clearInterval(heartbeat);
    raw.end();
  }
}

/** JSON text may span lines where the sender's did; each becomes a `data:` line of its own. */
function eventText(record: StoredRecord): string {
  const data = storedRecordText(record)
    .split(/\r\n|\r|\n/)
    .join('\ndata: ');
  return `id: ${record.partition}-${record.offset}\ndata: ${data}\n\n`;
}
