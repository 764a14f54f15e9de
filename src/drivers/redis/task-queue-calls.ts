import type { Redis } from 'ioredis';
import {
  AsynqError,
  CutShortError,
  InvalidInputError,
  LeaseLostError,
  TaskDamagedError,
} from '../../asynq/errors.js';
import { AppError } from '../../core/errors.js';
import { failureOf } from './redis-error.js';
import type { RedisLink } from './redis-link.js';

const CODE = 'TASK_QUEUE_UNAVAILABLE';

type Command<T> = (redis: Redis) => Promise<T>;

/** What only reads, or may be done twice. @throws AppError TASK_QUEUE_UNAVAILABLE, VALIDATION_FAILED, TASK_DAMAGED */
export async function ask<T>(link: RedisLink, command: Command<T>): Promise<T> {
  try {
    return await link.run(CODE, command);
  } catch (error) {
    throw ofAsynq(error, link.place);
  }
}

/** What must not be done twice. @throws AppError as `ask`, and STORAGE_FULL, LEASE_LOST, OUTCOME_UNKNOWN */
export async function write<T>(link: RedisLink, command: Command<T>): Promise<T> {
  let hasBegun = false;
  try {
    return await ask(link, (redis) => {
      hasBegun = true;
      return command(redis);
    });
  } catch (error) {
    if (!hasBegun || !(error instanceof AppError) || error.code !== CODE || isRefusal(error.cause))
      throw error;
    const { message, cause } = error;
    throw new AppError('OUTCOME_UNKNOWN', `${message} Whether this was done is not known.`, { cause });
  }
}

/** Redis answered that it did not do it, or the command never left. */
function isRefusal(cause: unknown): boolean {
  const { name, message } = cause as Error;
  return name === 'ReplyError' || message.startsWith('Stream isn');
}

function ofAsynq(error: unknown, place: string): unknown {
  if (!(error instanceof AsynqError)) return error;
  const { message } = error;
  if (error instanceof InvalidInputError) return new AppError('VALIDATION_FAILED', message);
  if (error instanceof LeaseLostError) return new AppError('LEASE_LOST', message);
  if (error instanceof TaskDamagedError) return damaged(error.reason);
  if (!(error instanceof CutShortError)) return new AppError('INTERNAL', message);
  const { words, cause } = failureOf(error.cause);
  return new AppError('OUTCOME_UNKNOWN', `${message} Redis at ${place} ${words}.`, { cause });
}

function damaged(reason: string): AppError {
  return new AppError('TASK_DAMAGED', `The task cannot be read: ${reason}. Delete it, if nobody needs it.`);
}
