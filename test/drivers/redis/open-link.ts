import { pino } from 'pino';
import { redisVariables } from '../../../src/drivers/redis/redis.variables.js';
import { RedisLink } from '../../../src/drivers/redis/redis-link.js';
import type { DriverContext } from '../../../src/drivers/define-driver.js';
import { driverContext } from '../../support/driver-context.js';

export interface TestLink {
  link: RedisLink;
  context: DriverContext;
  /** The texts of the log's errors so far. */
  errors: string[];
  warnings: string[];
  /** `carillon_redis_errors_total` of this kind. */
  counted: (kind: string) => Promise<number>;
}

const opened: RedisLink[] = [];

/** A link with variables as one would write them, in a process of its own as far as sharing goes. */
export async function openLink(
  variables: Record<string, string>,
  context?: DriverContext,
): Promise<TestLink> {
  const errors: string[] = [];
  const warnings: string[] = [];
  const write = (line: string): void => {
    const { level, msg } = JSON.parse(line) as { level: number; msg: string };
    if (level >= 50) errors.push(msg);
    else if (level >= 40) warnings.push(msg);
  };
  const used = context ?? { ...(await driverContext()), logger: pino({ level: 'debug' }, { write }) };
  const link = await RedisLink.open(redisVariables.parse(variables), used);
  opened.push(link);
  const counted = async (kind: string): Promise<number> => {
    const metric = await used.metrics.getSingleMetric('carillon_redis_errors_total')!.get();
    return metric.values.find(({ labels }) => labels.kind === kind)?.value ?? 0;
  };
  return { link, context: used, errors, warnings, counted };
}

/** For `afterEach`. */
export async function closeLinks(): Promise<void> {
  await Promise.all(opened.splice(0).map((link) => link.release(500)));
}

/** What a PING through the link comes to; its AppError when it fails. */
export function ping(link: RedisLink): Promise<string> {
  return link.run('LEASE_UNAVAILABLE', (redis) => redis.ping());
}
