import type { OutgoingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Gauge, Registry } from 'prom-client';
import { AppError } from '../../../../core/errors.js';
import { ErrorTranslator } from '../../../../http/error-translator.js';
import { StreamWriter } from '../../../../http/stream-writer.js';
import { Lifecycle } from '../../../../process/lifecycle.js';

/** Exports at once: each holds the monitors that its client has not read yet, up to some megabytes. */
const MOST_EXPORTS = 8;

/** Writes monitors as they are read, a bounded number of exports at once. */
@Injectable()
export class ExportService {
  private running = 0;
  private readonly gauge: Gauge;

  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly errors: ErrorTranslator,
    metrics: Registry,
  ) {
    this.gauge = new Gauge({
      name: 'carillon_monitors_exports',
      help: 'Exports of monitors that are being written now',
      registers: [metrics],
    });
  }

  /**
   * Writes the answer to its end. A database that is away is an error of the request before the first byte; later the
   * transfer is broken off, without its end. @throws AppError before the first byte only
   */
  async write(pieces: AsyncGenerator<string>, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (this.running >= MOST_EXPORTS) {
      const text = `${MOST_EXPORTS} exports are being read at once; try again when one has ended.`;
      throw new AppError('READERS_BUSY', text, { retryAfterS: 5 });
    }
    this.gauge.set((this.running += 1));
    try {
      const first = await pieces.next();
      // Fastify answers HEAD by GET's handler.
      if (request.method === 'HEAD') return void reply.send();
      reply.hijack();
      reply.raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders);
      await this.finish(first, pieces, request, reply);
    } finally {
      this.gauge.set((this.running -= 1));
    }
  }

  private async finish(
    first: IteratorResult<string>,
    rest: AsyncGenerator<string>,
    request: FastifyRequest,
    { raw }: FastifyReply,
  ): Promise<void> {
    const { stopping } = this.lifecycle;
    const writer = new StreamWriter(raw, stopping);
    try {
      for (let piece = first; !piece.done; piece = await rest.next()) {
        if (stopping.aborted)
          throw new AppError('SHUTTING_DOWN', 'The service stops; the export is not whole.');
        await writer.write(Buffer.from(piece.value));
      }
      await writer.end('');
    } catch (thrown) {
      this.errors.translate(thrown, request);
      raw.destroy();
    } finally {
      await rest.return(undefined);
    }
  }
}
