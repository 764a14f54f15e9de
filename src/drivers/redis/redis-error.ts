import { types } from 'node:util';
import { AppError, type ErrorCode } from '../../core/errors.js';
import { MEANINGS, redisWords, RUNS, told, type RedisFailure } from './meanings.js';

/** What a thrown thing means. */
export function failureOf(error: unknown): RedisFailure {
  const cause = types.isNativeError(error) ? error : new Error(String(error));
  const text = `${redisWords(cause)} ${(cause as NodeJS.ErrnoException).code ?? ''}`;
  const meaning = MEANINGS.find(([said]) => said.test(text))?.[1];
  const known = typeof meaning === 'function' ? meaning(cause) : meaning;
  return {
    ...(known ?? told('other', `answered: ${redisWords(cause)}`, RUNS)),
    cause: withoutCommand(cause),
  };
}

/** ioredis hangs the whole command on what it throws: nothing of that may reach a log. */
function withoutCommand(error: Error): Error {
  const { name, code } = error as NodeJS.ErrnoException;
  const bare = Object.assign(new Error(redisWords(error)), { name, ...(code !== undefined && { code }) });
  bare.stack = `${name}: ${bare.message}`;
  return bare;
}

/** Whether ioredis, Redis or a socket threw it; what our own code throws is not for us to translate. */
export function isOfRedis(error: unknown): boolean {
  if (!types.isNativeError(error) || error instanceof AppError) return false;
  const { name, message, code } = error as NodeJS.ErrnoException;
  if (['ReplyError', 'AbortError', 'MaxRetriesPerRequestError', 'InterruptError'].includes(name)) return true;
  if (/^E(?!RR_)[A-Z_]+$/.test(code ?? '')) return true;
  return /^(Command timed out|Socket timeout|Connection is closed|Stream isn't writeable)/.test(message);
}

/** The failure as a port's error; a server that is full is STORAGE_FULL whatever was asked. */
export function redisError(code: ErrorCode, place: string, { kind, words, cause }: RedisFailure): AppError {
  return new AppError(kind === 'full' ? 'STORAGE_FULL' : code, `Redis at ${place} ${words}.`, { cause });
}
