import { systemClock } from '../../core/clock.js';
import { TaskQueue } from '../../ports/task-queue.port.js';
import { defineDriver } from '../define-driver.js';
import { taskMetrics } from '../task-metrics.js';
import { EmbeddedTaskQueue } from './task-queue/embedded-task-queue.js';
import { taskQueueVariables } from './task-queue/variables.js';

/** A queue in memory: it promises only the life of the process. */
export default defineDriver({
  name: 'embedded',
  port: TaskQueue,
  address: [],
  variables: taskQueueVariables,
  open(options, { logger, metrics }) {
    const bounds = { tasks: options.EMBEDDED_QUEUE_TASKS, bytes: options.EMBEDDED_QUEUE_BYTES };
    const queue = new EmbeddedTaskQueue({
      bounds,
      clock: systemClock,
      metrics: taskMetrics(metrics),
      logger: logger.child({ driver: 'embedded' }),
    });
    return Promise.resolve(queue);
  },
});
