import { Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isoTime } from '../../core/iso-time.js';
import { SENT } from '../../gateway/answers.js';
import { requestKey } from '../../gateway/idempotency-key.js';
import { LargeBody } from '../../http/body-bounds.js';
import { jsonReply } from '../../http/json-reply.js';
import { jsonBody } from '../../http/json-body.js';
import { ProduceDocs } from './producer.docs.js';
import { ProducerService } from './producer.service.js';

/** Where a request's one record lies. */
const BODY = ['body'];

@Controller('produce')
export class ProducerController {
  constructor(private readonly producer: ProducerService) {}

  @Post()
  @LargeBody('value')
  @ProduceDocs()
  async produce(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    // Written out: objects that `...` makes are slow to make and to read here, 3 % of a request.
    const { text: sent, value } = jsonBody(request);
    const { topic, partition, offset, timestamp, replayed } = await this.producer.produce(
      { text: sent, value, at: BODY },
      requestKey(request),
    );
    // The topic's characters need no escaping: the schema allows none that would.
    const text = `{"success":true,"message":"${SENT}","topic":"${topic}","partition":${partition},"offset":${offset},"timestamp":"${isoTime(timestamp)}"}`;
    // Sent here: on its way through Nest it would be looked at for streams and content types first.
    void reply.send(jsonReply(reply, 200, text, replayed));
  }
}
