import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LargeAnswer } from '../../http/large-answer.js';
import { jsonReply } from '../../http/json-reply.js';
import { RecordLog, type PartitionOffsets } from '../../ports/record-log.port.js';
import { recordsPage } from './records-page.js';
import { TailService } from './tail.service.js';
import { readQuery, topicName } from './topics.query.js';
import { RecordsDocs, TailDocs, TopicDocs, TopicsDocs } from './topics.docs.js';

/** Reading back, so that whoever tries the service sees what was written. */
@Controller('topics')
export class TopicsController {
  constructor(
    private readonly log: RecordLog,
    private readonly tails: TailService,
  ) {}

  @Get()
  @TopicsDocs()
  async topics(): Promise<{ topics: string[] }> {
    return { topics: await this.log.topics() };
  }

  @Get(':topic')
  @TopicDocs()
  async topic(@Param('topic') name: string): Promise<{ topic: string; partitions: PartitionOffsets[] }> {
    const topic = topicName(name);
    return { topic, partitions: await this.log.offsets(topic) };
  }

  @Get(':topic/records')
  @LargeAnswer()
  @RecordsDocs()
  async records(
    @Param('topic') topic: string,
    @Query() query: Record<string, unknown>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const page = await this.log.read({ topic: topicName(topic), ...readQuery(query) });
    return jsonReply(reply, 200, await recordsPage(page));
  }

  /** The answer is written by hand, for as long as the follower stays. */
  @Get(':topic/tail')
  @TailDocs()
  async tail(
    @Param('topic') topic: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.tails.follow(topicName(topic), request, reply);
  }
}
