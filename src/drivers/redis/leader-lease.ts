import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Audience } from '../../core/audience.js';
import { systemClock, type Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { LeaderLease, type LeaderView, type OnTerm, type Term } from '../../ports/leader-lease.port.js';
import type { DriverContext } from '../define-driver.js';
import { LeaseCampaign } from './lease-campaign.js';
import { leaseMetrics } from './lease-metrics.js';
import { LeaseServer, type LeaseSettings } from './lease-server.js';
import type { RedisLink } from './redis-link.js';

/** The lease as a key that ends by itself, on the server that has the queue. See docs/decisions/0006-lease.md. */
export class RedisLeaderLease extends LeaderLease {
  readonly driver = 'redis';
  readonly holder = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
  private readonly server: LeaseServer;
  private readonly listeners: Audience<OnTerm>;
  private readonly campaigning: LeaseCampaign;
  private ends: (() => void)[] = [];
  private isOver = false;
  private closing: Promise<null> | null = null;

  constructor(
    private readonly link: RedisLink,
    settings: LeaseSettings,
    { logger, metrics }: Pick<DriverContext, 'logger' | 'metrics'>,
    clock: Clock = systemClock,
  ) {
    super();
    this.server = new LeaseServer(link, settings, this.holder, clock);
    this.listeners = new Audience((err) => logger.error({ err }, 'A listener to terms of the lease failed.'));
    this.campaigning = new LeaseCampaign({
      server: this.server,
      clock,
      logger,
      metrics: leaseMetrics(metrics),
      isAway: () => link.trouble !== null,
      onTerm: (term) => this.listeners.tell((listener) => listener(term)),
    });
  }

  get term(): Term | null {
    return this.campaigning.term;
  }

  get trouble(): AppError | null {
    return this.campaigning.trouble;
  }

  campaign(onTerm: OnTerm): void {
    if (this.isOver) return;
    const { term } = this;
    this.listeners.join(onTerm, term ? (listener) => listener(term) : undefined);
    if (this.ends.length > 0) return;
    const look = () => this.campaigning.look();
    this.ends = [
      this.link.onReady(look),
      this.link.subscriber.subscribe(this.server.released, { onMessage: look, onGap: look }),
    ];
    this.campaigning.start();
  }

  look(): Promise<LeaderView> {
    return this.closing ? Promise.reject(stopping()) : this.server.look();
  }

  async resign(deadlineMs: number): Promise<void> {
    this.isOver = true;
    for (const end of this.ends) end();
    await this.campaigning.resign(deadlineMs);
  }

  async ping(): Promise<void> {
    if (this.closing) throw stopping();
    await this.link.run('LEASE_UNAVAILABLE', (redis) => redis.ping());
  }

  close(deadlineMs: number): Promise<null> {
    this.closing ??= this.end(deadlineMs);
    return this.closing;
  }

  private async end(deadlineMs: number): Promise<null> {
    const end = performance.now() + deadlineMs;
    await this.resign(deadlineMs);
    await this.link.release(Math.max(0, end - performance.now()));
    return null;
  }
}

function stopping(): AppError {
  return new AppError('LEASE_UNAVAILABLE', 'The service is stopping.');
}
