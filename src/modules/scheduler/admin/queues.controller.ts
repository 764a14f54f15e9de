import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { AppError } from '../../../core/errors.js';
import { CheckedBody } from '../../../http/checked-body.js';
import { TaskQueue } from '../../../ports/task-queue.port.js';
import { Nothing } from './queue-requests.js';
import { PauseQueueDocs, QueueDocs, QueuesDocs, ResumeQueueDocs } from './queues.docs.js';
import { queueView } from './queues.view.js';

/** The queues that there are: look at them, hold one, let it go. */
@Controller('queues')
export class QueuesController {
  constructor(private readonly queue: TaskQueue) {}

  @Get()
  @QueuesDocs()
  async list() {
    const queues = await this.queue.inspector.queues();
    return { queues: queues.sort((a, b) => (a.name < b.name ? -1 : 1)).map(queueView) };
  }

  @Get(':queue')
  @QueueDocs()
  async show(@Param('queue') name: string) {
    const found = (await this.queue.inspector.queues()).find((each) => each.name === name);
    if (!found) throw new AppError('QUEUE_UNKNOWN', 'There is no queue of this name.');
    return queueView(found);
  }

  @Post(':queue/pause')
  @HttpCode(200)
  @PauseQueueDocs()
  async pause(@Param('queue') name: string, @Body(new CheckedBody(Nothing)) _nothing: Nothing) {
    await this.queue.inspector.pause(name);
    return this.show(name);
  }

  @Post(':queue/resume')
  @HttpCode(200)
  @ResumeQueueDocs()
  async resume(@Param('queue') name: string, @Body(new CheckedBody(Nothing)) _nothing: Nothing) {
    await this.queue.inspector.resume(name);
    return this.show(name);
  }
}
