import { AppError } from '../core/errors.js';
import { scrub } from '../core/scrub.js';
import type { CheckContext, CheckDefinition, CheckOutcome } from './define-check.js';
import { readConfig } from './config-mistakes.js';
import { outcomeOfError } from './outcome-of-error.js';
import { secretsOf } from './secret-fields.js';
import { maskText, SECRET_MARKER } from '../core/secret-text.js';
import { targetOfRead } from './target-of.js';

/** As the store takes it. */
const MESSAGE_LENGTH = 1_000;
/** Of the words of a server there may be megabytes: no more than these are searched for secrets. */
const MOST_WORDS = 4 * MESSAGE_LENGTH;
/** A shorter secret would black out words that say nothing of it. */
const SHORTEST_SECRET = 4;

/** A header that a target sends back; a word of the language is shorter. */
const SENT_LOGIN = /\b((?:Basic|Bearer) +)[\w+/.~-]{16,}=*/gi;

/**
 * Looks once and always answers, at the latest when `context.signal` aborts: a check that goes on after that is not
 * waited for, whatever becomes of it. Never throws. No secret of the config gets into the message.
 * `onError` is told what the check threw (see `observerTrouble`).
 */
export async function runCheck(
  definition: CheckDefinition,
  config: Readonly<Record<string, unknown>> | null,
  context: CheckContext,
  onError?: (error: unknown) => void,
): Promise<CheckOutcome> {
  const read = readConfig(definition, config);
  if ('mistake' in read) return { found: 'unknown', message: cut(read.mistake), latencyMs: null };
  const run = async (): Promise<CheckOutcome> => {
    try {
      return await definition.run(read.config, context);
    } catch (error) {
      if (!context.signal.aborted) onError?.(error);
      return outcomeOfError(error, targetOfRead(definition, read.config));
    }
  };
  const outcome = await inTime(run, context);
  return { ...outcome, message: cut(clean(outcome.message, secretsOf(definition, read.config))) };
}

function inTime(
  run: () => Promise<CheckOutcome>,
  { signal, timeoutMs }: CheckContext,
): Promise<CheckOutcome> {
  return new Promise((resolve) => {
    const end = (): void => resolve(ended(signal, timeoutMs));
    if (signal.aborted) return end();
    signal.addEventListener('abort', end, { once: true });
    void run().then((outcome) => {
      signal.removeEventListener('abort', end);
      resolve(outcome);
    });
  });
}

/** At the deadline it is down; a process that stops found out nothing. */
function ended({ reason }: AbortSignal, timeoutMs: number): CheckOutcome {
  if (reason instanceof AppError && reason.code === 'SHUTTING_DOWN') {
    return { found: 'unknown', message: 'The check was ended: this process stops.', latencyMs: null };
  }
  return { found: 'down', message: `no answer within ${Math.round(timeoutMs)} ms`, latencyMs: null };
}

function clean(message: string, secrets: readonly string[]): string {
  let words = scrub(maskText(message.slice(0, MOST_WORDS))).replace(SENT_LOGIN, `$1${SECRET_MARKER}`);
  for (const secret of secrets) {
    if (secret.length >= SHORTEST_SECRET) words = words.replaceAll(secret, SECRET_MARKER);
  }
  return words;
}

function cut(message: string): string {
  return message.length <= MESSAGE_LENGTH ? message : `${message.slice(0, MESSAGE_LENGTH - 1)}…`;
}
