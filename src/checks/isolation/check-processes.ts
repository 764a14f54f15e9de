import { setMaxListeners } from 'node:events';
import { systemClock, type Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { Turns } from '../../core/turns.js';
import type { CheckContext, CheckDefinition, CheckOutcome } from '../define-check.js';
import { CheckProcessError } from '../outcome-of-error.js';
import { unknown } from '../outcomes.js';
import type { Attempt, CheckJob, Loss } from './check-process.js';
import { Children, type ChildrenOptions } from './children.js';
import { unpackError, type CheckReport } from './protocol.js';
import { Strikes, type Resting } from './strikes.js';

export interface PoolOptions extends ChildrenOptions {
  clock?: Pick<Clock, 'now'>;
  onStrike?: () => void;
}

/** Children in which a check is alone. They come beside the others, after a loss, and end soon after. */
const MOST_ALONE = 4;
const MOST_NAMED = 3;

const CAUSE = 'What its target sends is the likely cause.';
const ADVICE =
  'Find out what answers there: it is not what the type of the monitor expects, or it is hostile. Then edit the config of the monitor, which ends the rest, or pause it.';

/** An outcome, and what was thrown; null: the check is to run again, alone. */
type Verdict = { outcome: CheckOutcome; error?: Error } | null;

/**
 * Runs checks in child processes, which may be lost at any time. A check that was under way in a child that is lost runs
 * again, alone in a child; if that child is lost too, the check is the cause, and its monitor gets a strike (see `Strikes`).
 */
export class CheckProcesses {
  private readonly strikes: Strikes;
  private readonly children: Children;
  private readonly aloneTurns = new Turns(MOST_ALONE);

  constructor(private readonly options: PoolOptions) {
    this.strikes = new Strikes(options.clock ?? systemClock);
    this.children = new Children(options);
  }

  /** As `runCheck`: never throws, and answers at the latest half a second after `context.signal` aborts. */
  async run(
    definition: CheckDefinition,
    config: Readonly<Record<string, unknown>> | null,
    { monitor, timeoutMs, signal }: CheckContext,
    onError?: (error: unknown) => void,
  ): Promise<CheckOutcome> {
    setMaxListeners(0, signal);
    const job: CheckJob = { type: definition.type, config, monitor, timeoutMs, signal };
    const rest = this.strikes.restOf(job);
    const { outcome, error } = rest
      ? lostVerdict(restWords(rest))
      : ((this.strikes.isSuspect(job) ? null : await this.runShared(job)) ?? (await this.runAlone(job)));
    if (error) onError?.(error);
    return outcome;
  }

  /** Children that run now. */
  get size(): number {
    return this.children.size;
  }

  /** Ends all children; checks that are under way are lost. */
  stop(): Promise<void> {
    return this.children.stop();
  }

  resting(): Resting[] {
    return this.strikes.resting();
  }

  /** Null when nothing is wrong. */
  get trouble(): AppError | null {
    if (this.children.isFailing) return new AppError('OBSERVER_ILL', this.children.failureWords());
    const resting = this.resting();
    if (resting.length === 0) return null;
    const named = resting.slice(0, MOST_NAMED).map(({ id }) => id);
    const more = resting.length > MOST_NAMED ? ` and ${resting.length - MOST_NAMED} more` : '';
    const words = `These monitors are not checked for an hour, since checking them ended a process twice: ${named.join(', ')}${more}.`;
    return new AppError('CHECKS_REST', `${words} ${ADVICE}`);
  }

  private async runShared(job: CheckJob): Promise<Verdict> {
    const child = this.children.openShared();
    if (!child) return lostVerdict(this.children.failureWords());
    const { attempt, over } = this.children.begin(child, job);
    const ended = await attempt;
    if (ended.kind === 'report') {
      const { outcome, error, heldUpMs } = ended.report;
      const isOthersFault = outcome.found === 'down' && heldUpMs > 0;
      if (!isOthersFault && !wasCutShort(ended.report, job))
        return { outcome, error: error && unpackError(error) };
    }
    if (!job.signal.aborted) return isStartFailure(ended) ? lostVerdict(this.children.failureWords()) : null;
    void over.then((loss) => loss && this.strikes.suspect(job));
    return lostVerdict(NO_TIME);
  }

  private runAlone(job: CheckJob): Promise<NonNullable<Verdict>> {
    return new Promise((resolve) => {
      let hasBegun = false;
      const onAbort = () => {
        if (hasBegun) return;
        this.strikes.suspect(job);
        resolve(lostVerdict(NO_TIME));
      };
      job.signal.addEventListener('abort', onAbort, { once: true });
      void this.aloneTurns.run(async () => {
        if (job.signal.aborted) return onAbort();
        hasBegun = true;
        job.signal.removeEventListener('abort', onAbort);
        const child = this.children.openAlone();
        if (!child) return resolve(lostVerdict(this.children.failureWords()));
        const { attempt, over } = this.children.begin(child, job);
        const ended = await attempt;
        if (ended.kind === 'lost') this.strike(job, ended.loss);
        resolve(this.verdictAlone(ended, job));
        const loss = await over;
        if (loss && ended.kind !== 'lost') this.strike(job, loss);
      });
    });
  }

  private verdictAlone(ended: Attempt, job: CheckJob): NonNullable<Verdict> {
    if (isStartFailure(ended)) return lostVerdict(this.children.failureWords());
    if (ended.kind === 'silent') return lostVerdict(NO_TIME);
    if (ended.kind === 'lost')
      return lostVerdict(
        `Not known: the process of this check, which was alone in it, ${ended.loss.words}. ${CAUSE}`,
      );
    this.strikes.clear(job);
    const { outcome, error, heldUpMs } = ended.report;
    if (outcome.found === 'down' && heldUpMs > 0)
      return lostVerdict(`Not known: the process of this check was held up for ${Math.round(heldUpMs)} ms.`);
    if (wasCutShort(ended.report, job)) return lostVerdict(NO_TIME);
    return { outcome, error: error && unpackError(error) };
  }

  private strike(job: CheckJob, loss: Loss): void {
    if (loss.cause === 'start') return;
    const rest = this.strikes.strike(job, loss.words);
    this.options.onStrike?.();
    const { id, name } = job.monitor;
    const about = { monitorId: id, type: job.type };
    if (!rest) {
      const words = `The check of the monitor ${JSON.stringify(name)} (${id}) ended the process in which it was alone: it ${loss.words}.`;
      return this.options.logger.warn(about, `${words} ${CAUSE}`);
    }
    const words = `The monitor ${JSON.stringify(name)} (${id}) is not checked until ${new Date(rest.until).toISOString()}: checking it ended a process twice; the last one ${loss.words}.`;
    this.options.logger.error(about, `${words} ${ADVICE}`);
  }
}

const NO_TIME =
  'Not known: the process of this check was lost or did not respond, and no time was left to check again.';

/** An observer's failure: it says nothing of the target. */
function lostVerdict(words: string): NonNullable<Verdict> {
  return { outcome: unknown(words), error: new CheckProcessError(words) };
}

/** A target that was not given its time is not down: the child had to start first, or the check had to wait. */
function wasCutShort({ outcome, ranMs }: CheckReport, { signal, timeoutMs }: CheckJob): boolean {
  return signal.aborted && outcome.found === 'down' && ranMs < timeoutMs / 2;
}

function isStartFailure(ended: Attempt): boolean {
  return ended.kind === 'lost' && ended.loss.cause === 'start';
}

function restWords({ until, words }: Resting): string {
  const time = new Date(until).toISOString();
  return `Not checked until ${time}: checking it ended a process twice; the last one ${words}. ${CAUSE}`;
}
