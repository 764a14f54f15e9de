import type { Logger } from 'pino';
import { backoffMs } from '../../core/backoff.js';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { FailureLog } from '../../core/failure-log.js';
import { LeaseBell } from './lease-bell.js';
import type { LeaseMetrics } from './lease-metrics.js';
import { MARGIN, type Attempt, type LeaseServer } from './lease-server.js';
import { LeaseTerm } from './lease-term.js';

const TAKE_BACKOFF = { baseMs: 200, capMs: 5000 };
const RENEW_BACKOFF = { baseMs: 50, capMs: 500 };
/** Candidates that wait for the same end come one after the other, milliseconds. */
const JITTER_MS = 15;
/** What a resignation has at least to free the lease, also when no time is left, milliseconds. */
const GOOD_BYE_MS = 250;
/** A holder whose lease lasts longer is looked at so often, milliseconds. */
const LOOK_MS = 60_000;

export interface CampaignParts {
  server: Pick<LeaseServer, 'take' | 'renew' | 'release' | 'settings' | 'holder'>;
  clock: Clock;
  logger: Logger;
  metrics: LeaseMetrics;
  /** The connection says so itself, and how often. */
  isAway: () => boolean;
  onTerm: (term: LeaseTerm) => void;
}

/** One candidate's life: it takes the lease when that is free, prolongs it while it can, and tries again. */
export class LeaseCampaign {
  private readonly bell: LeaseBell;
  private readonly failures: FailureLog;
  private readonly endless: FailureLog;
  private current: LeaseTerm | null = null;
  private failure: AppError | null = null;
  private failed = 0;
  /** Why it waits, as far as that was said. */
  private said: Attempt['state'] | null = null;
  private isOver = false;
  /** By our clock, when what the server may hold for us ends by itself. */
  private endsAt = 0;
  private rounds: Promise<void> | null = null;

  constructor(private readonly parts: CampaignParts) {
    const { server, clock, logger } = parts;
    const now = () => clock.monotonic();
    this.bell = new LeaseBell(clock);
    this.failures = new FailureLog(logger, `The lease ${server.settings.key} cannot be had or kept`, now);
    this.endless = new FailureLog(logger, `The lease ${server.settings.key} never ends`, now, 'warn');
  }

  get term(): LeaseTerm | null {
    return this.current?.isHeld ? this.current : null;
  }

  get trouble(): AppError | null {
    return this.failure;
  }

  start(): void {
    this.rounds ??= this.run();
  }

  /** Something has changed: the lease is asked for, or prolonged, at once. */
  look(): void {
    this.bell.ring();
  }

  /**
   * Ends it for good; resolves when the lease is free, would end by itself, or after `deadlineMs`: 250 ms at least, to
   * free it. Never rejects.
   */
  async resign(deadlineMs: number): Promise<void> {
    const { clock, server } = this.parts;
    const deadline = clock.monotonic() + Math.max(deadlineMs, GOOD_BYE_MS);
    this.isOver = true;
    this.current?.over('This process resigned.');
    this.bell.ring();
    // A release follows on the same connection what is still on its way.
    await this.within(this.rounds ?? Promise.resolve(), deadline - GOOD_BYE_MS);
    for (let attempt = 1; ; attempt += 1) {
      const end = Math.min(deadline, this.endsAt);
      if (clock.monotonic() >= end) return;
      const isFree = server.release().then(
        () => true,
        () => false,
      );
      if (await this.within(isFree, end)) {
        this.endsAt = 0;
        return;
      }
      await clock.sleep(Math.min(backoffMs(attempt, RENEW_BACKOFF), end - clock.monotonic()));
    }
  }

  private async run(): Promise<void> {
    while (!this.isOver) {
      const waitMs = await this.take();
      if (this.isOver) return;
      if (this.current) await this.hold(this.current);
      else await this.bell.wait(waitMs);
    }
  }

  /** Answers how long to wait, milliseconds, when it was not taken. */
  private async take(): Promise<number> {
    const sentAt = this.sending();
    try {
      const attempt = await this.parts.server.take();
      this.answered();
      if (attempt.state === 'taken') {
        this.won(attempt, sentAt);
        return 0;
      }
      this.endsAt = 0;
      return this.pauseAfter(attempt);
    } catch (error) {
      this.refused(error);
      return backoffMs(this.failed, TAKE_BACKOFF);
    }
  }

  private won({ number, since }: { number: number; since: number }, sentAt: number): void {
    const { server, clock, onTerm } = this.parts;
    this.endless.succeeded();
    this.said = null;
    const facts = { number, since, key: server.settings.key, holder: server.holder };
    const term = new LeaseTerm(facts, sentAt + this.lifeMs, clock);
    this.current = term;
    if (this.isOver) term.over('This process resigned.');
    else if (term.isHeld) onTerm(term);
  }

  /** Until the term is over. */
  private async hold(term: LeaseTerm): Promise<void> {
    let waitMs = this.parts.server.settings.ttlMs / 2;
    while (term.isHeld && !this.isOver) {
      await this.bell.wait(Math.min(waitMs, term.leftMs));
      if (term.isHeld && !this.isOver) waitMs = await this.renew(term);
    }
    this.current = null;
  }

  /** Answers how long to wait before the next renewal, milliseconds. */
  private async renew(term: LeaseTerm): Promise<number> {
    const { server, metrics } = this.parts;
    const sentAt = this.sending();
    const deadline = sentAt + term.leftMs;
    const renewal = server.renew(term);
    // What was prolonged too late is taken again at once, under a new number.
    const answer = await this.within(renewal, deadline).catch((error: unknown) => {
      this.refused(error);
      return null;
    });
    if (answer === undefined) void renewal.then(() => this.bell.ring()).catch(() => undefined);
    const isProlonged = answer === true && term.prolong(sentAt + this.lifeMs);
    if (answer === false) term.over('Another process has or had the lease.');
    if (!isProlonged) {
      metrics.renewalFailed();
      return backoffMs(Math.max(1, this.failed), RENEW_BACKOFF);
    }
    this.answered();
    return server.settings.ttlMs / 2;
  }

  private pauseAfter({ state, endsMs }: Exclude<Attempt, { state: 'taken' }>): number {
    const { server, logger } = this.parts;
    const { key, ttlMs } = server.settings;
    if (endsMs === null) {
      const sentence = `its holder wrote it without an end; delete the Redis key ${key} when no process has it any more`;
      this.failure = new AppError('LEASE_UNAVAILABLE', `LEADER_KEY: ${sentence}.`);
      this.endless.failed(sentence);
      return ttlMs;
    }
    this.endless.succeeded();
    if (this.said !== state) {
      const standingBy = `Standing by: another process has the lease ${key}.`;
      logger.info({ waitMs: endsMs }, state === 'held' ? standingBy : unsettled(key, endsMs));
    }
    this.said = state;
    return Math.min(endsMs, Math.max(ttlMs, LOOK_MS)) + 1 + Math.random() * JITTER_MS;
  }

  /** When a command that takes or prolongs is sent: from then on the server may hold the lease for us. */
  private sending(): number {
    const { clock, server, isAway } = this.parts;
    const now = clock.monotonic();
    // Over no connection nothing is sent.
    if (!isAway()) this.endsAt = now + server.settings.ttlMs;
    return now;
  }

  private get lifeMs(): number {
    return this.parts.server.settings.ttlMs * (1 - MARGIN);
  }

  private answered(): void {
    this.failure = null;
    this.failed = 0;
    this.failures.succeeded();
  }

  private refused(error: unknown): void {
    this.failed += 1;
    this.failure = error instanceof AppError ? error : new AppError('LEASE_UNAVAILABLE', String(error));
    if (!this.parts.isAway()) this.failures.failed(this.failure.message.replace(/\.$/, ''));
  }

  /** What `work` comes to, or undefined after `deadline` by our clock. */
  private async within<T>(work: Promise<T>, deadline: number): Promise<T | undefined> {
    const over = new AbortController();
    const { clock } = this.parts;
    const late = clock.sleep(Math.max(0, deadline - clock.monotonic()), over.signal).then(() => undefined);
    return Promise.race([work, late]).finally(() => over.abort());
  }
}

function unsettled(key: string, waitMs: number): string {
  const why = 'this process is new, or Redis is, or was started, or its clock was set';
  return `It is not known yet who had the lease ${key} before (${why}): nobody new takes it for ${waitMs} ms.`;
}
