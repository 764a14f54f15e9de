import { Controller, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestKey } from '../../gateway/idempotency-key.js';
import { LargeBody } from '../../http/body-bounds.js';
import { jsonReply } from '../../http/json-reply.js';
import { jsonBody } from '../../http/json-body.js';
import { BatchDocs, StreamDocs } from './batch.docs.js';
import { waitOf } from './batch.query.js';
import { BatchService } from './batch.service.js';
import { StreamService } from './stream.service.js';

@Controller('produce')
export class BatchController {
  constructor(
    private readonly batches: BatchService,
    private readonly streams: StreamService,
  ) {}

  @Post('batch')
  @LargeBody('array')
  @BatchDocs()
  async batch(
    @Req() request: FastifyRequest,
    @Query('wait') wait: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const body = jsonBody(request);
    const answer = waitOf(wait)
      ? await this.batches.produce(body, requestKey(request), request.id)
      : await this.batches.queue(body, requestKey(request), request.id);
    if (answer.retryAfterS !== undefined) void reply.header('retry-after', String(answer.retryAfterS));
    return jsonReply(reply, answer.status, answer.text, answer.replayed);
  }

  /** The answer is written line by line while the request is still being read. */
  @Post('stream')
  @LargeBody('value')
  @StreamDocs()
  async stream(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.streams.run(request, reply);
  }
}
