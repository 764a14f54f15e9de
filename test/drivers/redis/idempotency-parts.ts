import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { Redis } from 'ioredis';
import type { GatewaySettings } from '../../../src/config/gateway-settings.js';
import driver from '../../../src/drivers/redis/idempotency-store.driver.js';
import type { IdempotencyStore } from '../../../src/ports/idempotency-store.port.js';
import { driverContext } from '../../support/driver-context.js';

export interface OpenStoreOptions {
  variables?: Record<string, string>;
  gateway?: Partial<GatewaySettings>;
  /** The process's registry, where it has more ports than this one. */
  metrics?: Registry;
  /** Collects the log's lines, parsed. */
  lines?: Record<string, unknown>[];
}

/** The store as one process has it. */
export async function openStore(url: string, options: OpenStoreOptions = {}): Promise<IdempotencyStore> {
  const { variables = {}, gateway = {}, metrics = new Registry(), lines } = options;
  const read = driver.variables.parse({ REDIS_URL: url, ...variables });
  const context = { ...(await driverContext(gateway)), metrics };
  const write = (line: string) => void lines?.push(JSON.parse(line) as Record<string, unknown>);
  return driver.open(read, lines ? { ...context, logger: pino({ level: 'debug' }, { write }) } : context);
}

const PREFIX = 'carillon:idempotency:';

/** What does not fit together in the store’s tables; what Redis itself has let expire is no fault. */
export async function inconsistencies(redis: Redis): Promise<string[]> {
  const members = (name: string) => redis.zrange(PREFIX + name, '0', '-1');
  const [pending, over, expiry] = await Promise.all(['pending', 'over', 'expiry'].map(members));
  const names = await redis.keys(`${PREFIX}key:*`);
  const states = new Map<string, string | null>();
  for (const name of names) states.set(name.slice(`${PREFIX}key:`.length), await redis.hget(name, 's'));
  const inState = (isIn: (state: string | null) => boolean) =>
    [...states].filter(([, state]) => isIn(state)).map(([key]) => key);
  return [
    ...differences(
      'pending',
      inState((state) => state === 'p'),
      pending!,
    ),
    ...differences(
      'over',
      inState((state) => state !== 'p'),
      over!.filter((key) => states.has(key)),
    ),
    ...differences('expiry', over!, expiry!),
  ];
}

function differences(table: string, expected: string[], found: string[]): string[] {
  return [
    ...expected.filter((key) => !found.includes(key)).map((key) => `${key} is missing in ${table}`),
    ...found.filter((key) => !expected.includes(key)).map((key) => `${key} is too much in ${table}`),
  ];
}
