import { Injectable } from '@nestjs/common';
import { AppError } from '../../core/errors.js';
import type { Term } from '../../ports/leader-lease.port.js';
import { MonitorEvents } from '../../ports/monitor-events.port.js';
import { LeaderService } from '../leader/leader.service.js';
import { Periodic } from './periodic.js';
import { SchedulerParts } from './scheduler.parts.js';
import type { SyncReport } from './sync/monitor-sync.js';
import { TermSession } from './term-session.js';

/**
 * Schedules while this process leads. A standby keeps no monitors: reading 100,000 takes a second or two, which the
 * catch-up covers, and a second copy in memory would have to be followed for days to save it.
 */
@Injectable()
export class SchedulerService {
  private session: TermSession | null = null;
  private isStopping = false;
  private unlisten = () => undefined as void;

  constructor(
    readonly parts: SchedulerParts,
    private readonly leader: LeaderService,
    private readonly events: MonitorEvents,
    private readonly periodic: Periodic,
  ) {
    const { books, enqueuer } = parts;
    parts.metrics.watch({
      books: () => books.snapshot(),
      monitors: () => this.current?.schedule?.size ?? 0,
      unschedulable: () => this.current?.schedule?.faults.size ?? 0,
      watermark: () => enqueuer.watermark,
    });
  }

  start(): Promise<void> {
    const { logger, settings } = this.parts;
    const { quantumMs, catchUp, windowMs } = settings;
    logger.info({ quantum_ms: quantumMs, catch_up: catchUp, window_s: windowMs / 1000 }, 'Starting producer');
    // Before the first term, so that nothing is missed between its reading and the first event.
    this.unlisten = this.events.listen({
      onEvent: (event) => this.current?.onEvent(event),
      onGap: () => this.current?.onGap(),
    });
    this.leader.onTerm((term) => this.begin(term));
    return Promise.resolve();
  }

  /** The term that runs; null on a standby. */
  get current(): TermSession | null {
    return this.session?.term.lost.aborted ? null : this.session;
  }

  /** Why ticks do not become tasks as they should. */
  get trouble(): AppError | null {
    const { current } = this;
    return current && (current.trouble ?? this.parts.enqueuer.trouble);
  }

  /** This process's name. */
  get node(): string {
    return this.leader.lease.holder;
  }

  /** Reads all monitors anew. @throws AppError NOT_LEADER, SHUTTING_DOWN, MONITOR_STORE_UNAVAILABLE */
  async syncNow(): Promise<SyncReport> {
    if (this.isStopping) throw new AppError('SHUTTING_DOWN', 'The process stops.');
    const { current } = this;
    if (!current) throw await this.notLeader();
    if (!current.sync)
      throw current.trouble ?? new AppError('NOT_LEADER', 'The term has just begun: try again in a second.');
    const report = await current.sync.full();
    if (!this.current) throw await this.notLeader();
    return report;
  }

  /** Ends with what was due in the queue and the watermark written; the lease is given up after that. */
  async stop(deadlineMs: number): Promise<string | null> {
    this.isStopping = true;
    this.unlisten();
    return (await this.session?.finish(deadlineMs)) ?? null;
  }

  private begin(term: Term): void {
    if (this.isStopping || term.lost.aborted) return;
    this.session = new TermSession({ ...this.parts, periodic: this.periodic }, term);
  }

  private async notLeader(): Promise<AppError> {
    const { view } = await this.leader.look();
    const who = view.holder === null ? 'nobody is known to lead at present' : `${view.holder} does`;
    return new AppError('NOT_LEADER', `This process (${this.node}) does not lead: ${who}.`);
  }
}
