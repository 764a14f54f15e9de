import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../core/errors.js';
import { failureOf, isOfRedis, redisError } from './redis-error.js';

function thrown(message: string, more: object = {}): Error {
  return Object.assign(new Error(message), more);
}

describe('What Redis and its client say', () => {
  it.each([
    ['WRONGPASS invalid username-password pair or user is disabled.', 'auth'],
    ['NOAUTH Authentication required.', 'auth'],
    ["NOPERM this user has no permissions to run the 'set' command", 'permission'],
    ["READONLY You can't write against a read only replica.", 'readonly'],
    ["OOM command not allowed when used memory > 'maxmemory'. script: 8ff, on @user_script:1.", 'full'],
    [
      "ERR Error running script (call to f_8): @user_script:1: -OOM command not allowed when used memory > 'maxmemory'.",
      'full',
    ],
    [
      'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.',
      'disk',
    ],
    ['LOADING Redis is loading the dataset in memory', 'loading'],
    ['BUSY Redis is busy running a script. You can only call SCRIPT KILL', 'busy'],
    ['NOSCRIPT No matching script. Please use EVAL.', 'script'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'type'],
    ['MOVED 3999 127.0.0.1:6381', 'cluster'],
    ['ERR DB index is out of range', 'database'],
    ['Command timed out', 'timeout'],
    ['getaddrinfo ENOTFOUND nowhere', 'name'],
    ['connect ECONNREFUSED 127.0.0.1:6379', 'away'],
    ['Connection is closed.', 'away'],
    ['something else', 'other'],
  ])('%s is %s, with words and advice', (message, kind) => {
    const failure = failureOf(thrown(message));
    expect(failure).toMatchObject({
      kind,
      words: expect.stringMatching(/^[a-z]/),
      advice: expect.stringMatching(/\.$/),
    });
  });

  it('is told without what it repeats of the command, and without the command itself', () => {
    const error = thrown(
      "ERR unknown command 'HELLO', with args beginning with: '3' 'AUTH' 'default' 'secret'",
      {
        name: 'ReplyError',
        command: { name: 'hello', args: ['3', 'AUTH', 'default', 'secret'] },
      },
    );
    const told = redisError('LEASE_UNAVAILABLE', 'r:1', failureOf(error));
    const { cause } = told as { cause: Error };
    expect(told.message).toBe("Redis at r:1 answered: ERR unknown command 'HELLO'.");
    expect(cause.name).toBe('ReplyError');
    expect(
      [told.message, cause.message, cause.stack, ...Object.values(cause).map(String)].join(),
    ).not.toContain('secret');
  });

  it('is told apart from what our own code throws', () => {
    expect(isOfRedis(thrown('x', { name: 'ReplyError' }))).toBe(true);
    expect(isOfRedis(thrown('connect ECONNREFUSED', { code: 'ECONNREFUSED' }))).toBe(true);
    expect(isOfRedis(thrown("Stream isn't writeable and enableOfflineQueue options is false"))).toBe(true);
    expect(isOfRedis(thrown('x', { code: 'ERR_INVALID_ARG_TYPE' }))).toBe(false);
    expect(isOfRedis(new AppError('TASK_STATE', 'x'))).toBe(false);
    expect(isOfRedis(new TypeError('x'))).toBe(false);
    expect(isOfRedis('x')).toBe(false);
  });

  it('is STORAGE_FULL at maxmemory, whatever was asked', () => {
    const full = failureOf(thrown('OOM command not allowed when used memory > maxmemory'));
    expect(redisError('LEASE_UNAVAILABLE', 'r', full)).toMatchObject({
      code: 'STORAGE_FULL',
      retryable: true,
    });
    expect(redisError('LEASE_UNAVAILABLE', 'r', failureOf(thrown('x')))).toMatchObject({
      code: 'LEASE_UNAVAILABLE',
    });
  });
});
