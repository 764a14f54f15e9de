import type { Logger } from 'pino';
import { longestMs, type FixedCourse } from '../config/datetime-api.js';
import { systemClock } from '../core/clock.js';
import type { HttpRequest, HttpResult } from '../core/http-message.js';
import { sendWithRetries, type GiveUpReason, type RetriedSend } from '../core/http-retry.js';
import type { HttpSender } from '../core/http-sender.js';
import { exitCodeOf, type ExitCode } from './exit-codes.js';
import type { StopSignals } from './stop-on-signal.js';

export interface OnceContext {
  sender: Pick<HttpSender, 'send'>;
  logger: Logger;
  signals: StopSignals;
}

/** Sends one message until it is delivered, refused or given up, logs each attempt, and answers what to exit with. */
export async function sendOnce(
  request: () => HttpRequest,
  course: FixedCourse,
  { sender, logger, signals }: OnceContext,
): Promise<ExitCode> {
  const sent = await sendWithRetries(sender, request, {
    attempts: course.attempts,
    delayMs: () => course.delayMs,
    retryAfterCapMs: course.retryAfterCapMs,
    maxElapsedMs: longestMs(course),
    clock: systemClock,
    signal: signals.stop,
    onAttempt: (attempt, result) => logAttempt(logger, `Attempt ${attempt} of ${course.attempts}`, result),
  });
  logEnd(logger, sent);
  return exitCodeOf(sent.kind);
}

/** What the target said is for who looks for the reason: it may repeat what it was sent. */
function logAttempt(logger: Logger, which: string, result: HttpResult): void {
  const latencyMs = Math.round(result.latencyMs);
  if (result.kind === 'failed') {
    logger.warn({ code: result.code, latencyMs }, `${which}: no answer: ${result.reason}.`);
    return;
  }
  const { status, body } = result;
  const isSuccess = status >= 200 && status < 300;
  logger[isSuccess ? 'info' : 'warn']({ status, latencyMs }, `${which}: answered ${status}.`);
  if (!isSuccess) logger.debug({ answer: body.toString().slice(0, 500) }, `${which}: what it answered.`);
}

function logEnd(logger: Logger, sent: RetriedSend): void {
  const { kind, attempts, elapsedMs, mayHaveArrived } = sent;
  const status = sent.last?.kind === 'answer' ? sent.last.status : null;
  const figures = { end: kind, status, attempts, elapsedMs: Math.round(elapsedMs) };
  if (kind === 'refused') {
    const advice = 'The same message will be refused again: look at API_URL and at the target.';
    logger.error(figures, `Refused${status === null ? '' : ` with ${status}`}. ${advice}`);
  } else if (kind === 'given up') {
    logger.error({ ...figures, mayHaveArrived }, `Not delivered: ${REASONS[sent.why]}.`);
  } else if (status === 201) {
    logger.info(figures, 'Delivered.');
  } else {
    logger.warn(figures, `Delivered, but answered ${status} instead of 201: is this the right target?`);
  }
}

const REASONS: Record<GiveUpReason, string> = {
  attempts: 'all attempts failed',
  elapsed: 'the time for all attempts is over',
  aborted: 'stopped by a signal',
  unknown: 'nobody knows whether it arrived',
};
