import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CheckedBody } from '../../../http/checked-body.js';
import { LargeAnswer } from '../../../http/large-answer.js';
import { TaskQueue } from '../../../ports/task-queue.port.js';
import {
  ArchiveTaskDocs,
  CancelTaskDocs,
  DeleteTaskDocs,
  RunTaskDocs,
  TaskDocs,
  TasksDocs,
} from './queue-tasks.docs.js';
import { Nothing, taskPage } from './queue-requests.js';
import { taskHead, taskWhole } from './queues.view.js';

/** The tasks of one queue: look at them, run, archive, cancel or delete one. */
@Controller('queues/:queue/tasks')
export class QueueTasksController {
  constructor(private readonly queue: TaskQueue) {}

  @Get()
  @LargeAnswer()
  @TasksDocs()
  async list(@Param('queue') queue: string, @Query() query: Record<string, unknown>) {
    const { state, number, size } = taskPage(query);
    const tasks = await this.inspector.list(queue, state, { number, size });
    return { queue, state, page: number, size, tasks: tasks.map(taskHead) };
  }

  @Get(':id')
  @LargeAnswer()
  @TaskDocs()
  async show(@Param('queue') queue: string, @Param('id') id: string) {
    return taskWhole(await this.inspector.get(queue, id));
  }

  @Post(':id/run')
  @HttpCode(204)
  @RunTaskDocs()
  async run(
    @Param('queue') queue: string,
    @Param('id') id: string,
    @Body(new CheckedBody(Nothing)) _nothing: Nothing,
  ): Promise<void> {
    await this.inspector.run(queue, id);
  }

  @Post(':id/archive')
  @HttpCode(204)
  @ArchiveTaskDocs()
  async archive(
    @Param('queue') queue: string,
    @Param('id') id: string,
    @Body(new CheckedBody(Nothing)) _nothing: Nothing,
  ): Promise<void> {
    await this.inspector.archive(queue, id);
  }

  @Post(':id/cancel')
  @HttpCode(204)
  @CancelTaskDocs()
  async cancel(
    @Param('queue') queue: string,
    @Param('id') id: string,
    @Body(new CheckedBody(Nothing)) _nothing: Nothing,
  ): Promise<void> {
    await this.inspector.cancel(queue, id);
  }

  @Delete(':id')
  @HttpCode(204)
  @DeleteTaskDocs()
  async delete(@Param('queue') queue: string, @Param('id') id: string): Promise<void> {
    await this.inspector.delete(queue, id);
  }

  private get inspector() {
    return this.queue.inspector;
  }
}
