import type { Logger } from 'pino';
import { backoffMs } from '../../core/backoff.js';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { FailureLog } from '../../core/failure-log.js';
import type { HttpResult } from '../../core/http-message.js';
import type { HttpSender } from '../../core/http-sender.js';

/** Milliseconds before the first repeats; then up to twice as long each time, to the cap. */
const FIRST_DELAYS_MS: readonly number[] = [200, 500, 1000, 1000];
const NEXT_MS = 2000;
const CAP_MS = 30_000;
const TIMEOUT_MS = 10_000;

export interface PreflightContext {
  sender: Pick<HttpSender, 'send'>;
  clock: Clock;
  logger: Logger;
  /** From 0 to 1, exclusive; Math.random unless a test says otherwise. */
  random?: () => number;
}

/** Asks a URL until it answers 2xx, for ever: before that the emitter plans nothing. */
export class Preflight {
  /** Why the emitter does not begin; null before it was asked, and when it has passed. */
  trouble: AppError | null = null;
  /** As its user configured it. */
  private readonly name: string;
  private readonly failures: FailureLog;

  constructor(
    emitter: string,
    private readonly url: URL,
    private readonly context: PreflightContext,
  ) {
    this.name = emitter === 'propagator' ? 'HEALTH_CHECK_ENDPOINT' : `The preflight of emitter ${emitter}`;
    const what = `${this.name} does not answer 2xx, so emitter ${emitter} does not begin`;
    this.failures = new FailureLog(context.logger, what, () => context.clock.now());
  }

  /** True when it has passed; false when `signal` ended it first. */
  async passes(signal: AbortSignal): Promise<boolean> {
    const { clock, logger } = this.context;
    logger.info(`${this.name} (${this.url.origin}) is asked before the first tick.`);
    for (let asked = 1; !signal.aborted; asked += 1) {
      const reason = await this.ask(signal);
      if (signal.aborted) break;
      if (reason === null) {
        this.trouble = null;
        this.failures.succeeded();
        logger.info({ asked }, `${this.name} answers; the ticks begin.`);
        return true;
      }
      this.trouble = new AppError(
        'TARGET_UNAVAILABLE',
        `${this.name} must answer 2xx first, but it ${reason}.`,
      );
      this.failures.failed(`it ${reason}`);
      await clock.sleep(this.delayMs(asked), signal);
    }
    return false;
  }

  /** Why it did not pass; null when it did. */
  private async ask(signal: AbortSignal): Promise<string | null> {
    const request = { url: this.url, method: 'GET', headers: {}, body: null, timeoutMs: TIMEOUT_MS, signal };
    const result: HttpResult = await this.context.sender.send(request);
    if (result.kind === 'failed') return `did not: ${result.code}, ${result.reason}`;
    return result.status >= 200 && result.status < 300 ? null : `answered ${result.status}`;
  }

  private delayMs(asked: number): number {
    const first = FIRST_DELAYS_MS[asked - 1];
    if (first !== undefined) return first;
    const { random } = this.context;
    const longest = Math.min(CAP_MS, NEXT_MS * 2 ** Math.min(asked - FIRST_DELAYS_MS.length - 1, 20));
    // At least half of it: a target that comes up is not to be hammered.
    return longest / 2 + backoffMs(1, { baseMs: longest / 2, capMs: longest / 2, random });
  }
}
