import { TaskQueue } from '../../ports/task-queue.port.js';
import { defineDriver } from '../define-driver.js';
import { taskMetrics } from '../task-metrics.js';
import { redisAddress, redisVariables } from './redis.variables.js';

/** Tasks on Redis, in Asynq's format. Opening does not wait for Redis: it connects in the background, for ever. */
export default defineDriver({
  name: 'redis',
  port: TaskQueue,
  address: redisAddress,
  variables: redisVariables,
  async open(options, context) {
    const [{ RedisLink }, { RedisTaskQueue }] = await Promise.all([
      import('./redis-link.js'),
      import('./task-queue.js'),
    ]);
    return new RedisTaskQueue({
      link: await RedisLink.open(options, context),
      metrics: taskMetrics(context.metrics),
      logger: context.logger.child({ driver: 'redis' }),
    });
  },
});
