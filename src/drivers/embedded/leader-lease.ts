import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { Audience } from '../../core/audience.js';
import { AppError } from '../../core/errors.js';
import { LeaderLease, type LeaderView, type OnTerm, type Term } from '../../ports/leader-lease.port.js';
import type { Database } from './database.js';
import type { LeaderSeat } from './leader-lease-seat.js';

/** Leads at once: its folder is this process's alone, by the lock that the file is opened with. */
export class EmbeddedLeaderLease extends LeaderLease {
  readonly driver = 'embedded';
  readonly holder = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
  readonly trouble = null;
  private readonly listeners: Audience<OnTerm>;
  private readonly end = new AbortController();
  private current: Term | null = null;
  private closing: Promise<null> | null = null;

  constructor(
    private readonly database: Pick<Database, 'storage' | 'release'>,
    private readonly seat: LeaderSeat,
    logger: Logger,
  ) {
    super();
    this.listeners = new Audience((err) => logger.error({ err }, 'A listener to terms of the lease failed.'));
  }

  get term(): Term | null {
    return this.current;
  }

  campaign(onTerm: OnTerm): void {
    if (this.end.signal.aborted) return;
    const { term } = this;
    this.listeners.join(onTerm, term ? (listener) => listener(term) : undefined);
    if (this.listeners.size === 1) this.seat.sit(this);
  }

  /** See Candidate. */
  onSeat(number: number): void {
    const { signal: lost } = this.end;
    const fence = {
      key: this.database.storage,
      holder: this.holder,
      get isHeld() {
        return !lost.aborted;
      },
    };
    const term = {
      number,
      since: Date.now(),
      lost,
      fence,
      get leftMs() {
        return lost.aborted ? 0 : Infinity;
      },
    };
    this.current = term;
    this.seat.lead({ holder: this.holder, term: number, since: term.since, leftMs: null });
    this.listeners.tell((listener) => listener(term));
  }

  look(): Promise<LeaderView> {
    return this.closing ? Promise.reject(stopping()) : Promise.resolve(this.seat.view);
  }

  resign(_deadlineMs: number): Promise<void> {
    this.current = null;
    this.end.abort(new AppError('LEASE_LOST', 'This process resigned.'));
    this.seat.leave(this);
    return Promise.resolve();
  }

  ping(): Promise<void> {
    return this.closing ? Promise.reject(stopping()) : Promise.resolve();
  }

  close(deadlineMs: number): Promise<null> {
    this.closing ??= this.resign(deadlineMs)
      .then(() => this.database.release(deadlineMs))
      .then(() => null);
    return this.closing;
  }
}

function stopping(): AppError {
  return new AppError('LEASE_UNAVAILABLE', 'The service is stopping.');
}
