import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import driver from '../../../src/drivers/redis/leader-lease.driver.js';
import type { LeaderLease, Term } from '../../../src/ports/leader-lease.port.js';
import { driverContext } from '../../support/driver-context.js';

/** Candidates for one lease, each as a process of its own would be: with connections of its own. */
export class Leases {
  readonly key = `test:lease:${randomUUID()}`;
  /** What all of them log, `level message`. */
  readonly said: string[] = [];
  private readonly opened: LeaderLease[] = [];
  readonly redis: Redis;

  constructor(
    private readonly url: string,
    readonly ttlMs = 600,
    private readonly more: Record<string, string> = {},
  ) {
    this.redis = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    this.redis.on('error', () => undefined);
  }

  get termKey(): string {
    return `${this.key}:term`;
  }

  async open(metrics = new Registry()): Promise<LeaderLease> {
    const variables = {
      ...('REDIS_SENTINELS' in this.more ? {} : { REDIS_URL: this.url }),
      LEADER_KEY: this.key,
      LEADER_TTL_MS: String(this.ttlMs),
      REDIS_COMMAND_TIMEOUT_MS: '300',
      REDIS_CONNECT_TIMEOUT_MS: '300',
      ...this.more,
    };
    const write = (line: string): void => {
      const { level, msg } = JSON.parse(line) as { level: number; msg: string };
      this.said.push(`${level} ${msg}`);
    };
    const context = { ...(await driverContext()), metrics, logger: pino({}, { write }) };
    const lease = await driver.open(driver.variables.parse(variables), context);
    this.opened.push(lease);
    return lease;
  }

  /** A candidate, and the terms that it has had. */
  async candidate(metrics?: Registry): Promise<{ lease: LeaderLease; terms: Term[] }> {
    const lease = await this.open(metrics);
    const terms: Term[] = [];
    lease.campaign((term) => terms.push(term));
    return { lease, terms };
  }

  async close(): Promise<void> {
    await Promise.all(this.opened.splice(0).map((lease) => lease.close(1000)));
    this.redis.disconnect();
  }
}
