import { systemClock } from '../../core/clock.js';
import { IdempotencyStore } from '../../ports/idempotency-store.port.js';
import { defineDriver } from '../define-driver.js';
import { RedisIdempotencyStore } from './idempotency-store.js';
import { KeyTable } from './idempotency-table.js';
import { RedisLink } from './redis-link.js';
import { redisAddress, redisVariables } from './redis.variables.js';

const SWEEP_EVERY_MS = 5_000;
/** Three signs of life may be lost. */
const ALIVE_MS = 3 * SWEEP_EVERY_MS;

/** Idempotency keys that all gateways on one Redis share. */
export default defineDriver({
  name: 'redis',
  port: IdempotencyStore,
  address: redisAddress,
  optional: true, // a gateway without Redis keeps its keys in DATA_FOLDER
  variables: redisVariables,
  open: async (options, context) => {
    const logger = context.logger.child({ driver: 'redis' });
    const link = await RedisLink.open(options, context);
    const { produceTimeoutMs: timeoutMs, idempotencyMaxKeys: maxKeys } = context.gateway;
    const table = new KeyTable(link, { maxKeys, aliveMs: ALIVE_MS, timeoutMs, clock: systemClock });
    return new RedisIdempotencyStore({
      link,
      table,
      storage: `redis:${link.place}/${link.redis.options.db ?? 0}`,
      sweepEveryMs: SWEEP_EVERY_MS,
      clock: systemClock,
      logger,
    });
  },
});
