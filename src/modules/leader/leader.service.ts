import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { Audience } from '../../core/audience.js';
import { AppError } from '../../core/errors.js';
import { withDeadline } from '../../core/with-deadline.js';
import { LeaderLease, type LeaderView, type OnTerm, type Term } from '../../ports/leader-lease.port.js';
import { LOGGER } from '../../process/tokens.js';
import { LeaderMetrics } from './leader.metrics.js';

/** An operator does not wait longer to learn what this process knows by itself, milliseconds. */
const LOOK_MS = 2000;

/** Who leads, as this process knows it. */
export interface Leadership {
  /** By this process's own clock. */
  isLeader: boolean;
  /** This process's name. */
  node: string;
  /** What is not known is null: nobody leads, or the lease's place does not answer. */
  view: LeaderView;
  /** Why it is not known, or why nobody can lead. */
  trouble: AppError | null;
}

/** Stands for election, and tells the other parts what becomes of that. */
@Injectable()
export class LeaderService {
  private readonly listeners: Audience<OnTerm>;
  private isStopping = false;

  constructor(
    readonly lease: LeaderLease,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: LeaderMetrics,
  ) {
    this.listeners = new Audience((err) => logger.error({ err }, 'A part that is told of terms failed.'));
    metrics.watch(() => lease.term);
  }

  /** `listener` is told of each term of this process; its `lost` says when it is over. Of one that runs, soon. */
  onTerm(listener: OnTerm): void {
    const { term } = this.lease;
    this.listeners.join(listener, term ? (joined) => joined(term) : undefined);
  }

  start(): Promise<void> {
    const node = this.lease.holder;
    this.logger.info({ node }, `Starting leader election for node ${node}.`);
    this.lease.campaign((term) => this.won(term));
    return Promise.resolve();
  }

  /** Gives the lease up, when the parts have ended what they do with it. */
  async stop(deadlineMs: number): Promise<null> {
    this.isStopping = true;
    await this.lease.resign(deadlineMs);
    return null;
  }

  get trouble(): AppError | null {
    return this.lease.trouble;
  }

  async look(): Promise<Leadership> {
    const { holder: node } = this.lease;
    const asked = await withDeadline(this.lease.look(), LOOK_MS, late).catch((error: unknown) => error);
    const { term, trouble } = this.lease;
    const failure = asked instanceof AppError ? asked : asked instanceof Error ? late() : null;
    if (term) return { isLeader: true, node, view: own(node, term), trouble: failure ?? trouble };
    const view = failure ? { holder: null, term: null, since: null, leftMs: null } : (asked as LeaderView);
    return { isLeader: false, node, view, trouble: failure ?? trouble };
  }

  private won(term: Term): void {
    const began = performance.now();
    this.metrics.won(term.number);
    this.logger.info({ node: this.lease.holder, term: term.number }, `Became leader: term ${term.number}.`);
    term.lost.addEventListener('abort', () => this.lost(term, began), { once: true });
    this.listeners.tell((listener) => listener(term));
  }

  private lost(term: Term, began: number): void {
    const reason = term.lost.reason instanceof Error ? term.lost.reason.message : 'The term is over.';
    this.metrics.lost();
    const seconds = Math.round((performance.now() - began) / 1000);
    this.logger[this.isStopping ? 'info' : 'warn'](
      { node: this.lease.holder, term: term.number, seconds },
      `No leader any more: term ${term.number} is over after ${seconds} s. ${reason}`,
    );
  }
}

function own(holder: string, { number, since, leftMs }: Term): LeaderView {
  return { holder, term: number, since, leftMs: Number.isFinite(leftMs) ? leftMs : null };
}

function late(): AppError {
  return new AppError('LEASE_UNAVAILABLE', `The lease’s server did not answer within ${LOOK_MS} ms.`);
}
