import { Module } from '@nestjs/common';
import { QueueTasksController } from './queue-tasks.controller.js';
import { QueuesController } from './queues.controller.js';

/** The task queues over HTTP: look at them, mend by hand. */
@Module({ controllers: [QueuesController, QueueTasksController] })
export class AdminModule {}
