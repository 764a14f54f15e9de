import { text } from '../../config/variable.js';
import { MonitorEvents } from '../../ports/monitor-events.port.js';
import { defineDriver } from '../define-driver.js';
import { monitorEventsMetric } from './monitor-events-metrics.js';
import { RedisMonitorEvents } from './monitor-events.js';
import { RedisLink } from './redis-link.js';
import { redisAddress, redisVariables } from './redis.variables.js';

const variables = redisVariables.safeExtend({
  REDIS_EVENTS_PREFIX: text(
    'peekaping:events:',
    'What the names of the channels of monitor events begin with; `monitor.created`, `monitor.updated`, `monitor.deleted` follow. Channels are not divided by REDIS_DB: for two installations on one server choose another one.',
    'the beginning of a channel’s name',
  ),
});

/** Monitor events over Redis pub/sub, as Peekaping publishes them. */
export default defineDriver({
  name: 'redis',
  port: MonitorEvents,
  address: redisAddress,
  variables,
  open: async ({ REDIS_EVENTS_PREFIX: prefix, ...options }, context) => {
    return new RedisMonitorEvents({
      link: await RedisLink.open(options, context),
      prefix,
      count: monitorEventsMetric(context.metrics),
      logger: context.logger.child({ driver: 'redis' }),
    });
  },
});
