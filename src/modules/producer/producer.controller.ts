import { Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isoTime } from '../../core/iso-time.js';
import { SENT } from '../../gateway/answers.js';
import { requestKey } from '../../gateway/idempotency-key.js';
import { jsonReply } from '../../http/json-reply.js';
import { jsonBody } from '../../http/json-body.js';
import { ProduceDocs } from './producer.docs.js';
import { ProducerService } from './producer.service.js';

@Controller('produce')
export class ProducerController {
  constructor(private readonly producer: ProducerService) {}

  @Post()
  @ProduceDocs()
  async produce(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { topic, partition, offset, timestamp, replayed } = await this.producer.produce(
      { ...jsonBody(request), at: ['body'] },
      requestKey(request),
    );
    // The topic's characters need no escaping: the schema allows none that would.
    const text = `{"success":true,"message":"${SENT}","topic":"${topic}","partition":${partition},"offset":${offset},"timestamp":"${isoTime(timestamp)}"}`;
    return jsonReply(reply, 200, text, replayed);
  }
}
