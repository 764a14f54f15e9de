import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../core/errors.js';
import type { Progress } from '../../ports/message-exchange.port.js';
import { DeliveryFailure } from './delivery-failure.js';
import { verdictOf } from './verdict.js';

const policy = { attempts: 4, retryDelaysMs: [1000, 5000, 30_000] };
const fresh: Progress = { failures: 0, firstSeenAt: 7, done: [], trace: null };
const failed = (failures: number) => ({ ...fresh, failures });
const passing = new AppError('TARGET_UNAVAILABLE', 'It answered 503.');

describe('verdictOf', () => {
  it('puts off what can heal, longer each time, and gives it up after the last attempt', () => {
    const verdicts = [0, 1, 2, 3].map((failures) => verdictOf(passing, failed(failures), policy));
    expect(verdicts.map(({ kind, ...rest }) => [kind, 'delayMs' in rest ? rest.delayMs : null])).toEqual([
      ['retry', 1000],
      ['retry', 5000],
      ['retry', 30_000],
      ['dead', null],
    ]);
    expect(verdicts[0]).toMatchObject({
      progress: { failures: 1, firstSeenAt: 7 },
      reason: { code: 'TARGET_UNAVAILABLE', message: 'It answered 503.' },
    });
  });

  it('gives up at once what cannot heal', () => {
    const verdict = verdictOf(new AppError('PAYLOAD_NOT_JSON', 'no'), fresh, policy);
    expect(verdict).toMatchObject({ kind: 'dead', progress: { failures: 1 } });
  });

  it('repeats the last delay when there are more attempts than delays', () => {
    expect(verdictOf(passing, failed(50), { ...policy, attempts: 100 })).toMatchObject({ delayMs: 30_000 });
  });

  it('waits at least as long as the target asked, as far as the delays reach', () => {
    const asking = (retryAfterS: number) => new AppError('TARGET_UNAVAILABLE', '429', { retryAfterS });
    expect(verdictOf(asking(4), fresh, policy)).toMatchObject({ delayMs: 5000 });
    expect(verdictOf(asking(900), fresh, policy)).toMatchObject({ delayMs: 30_000 });
  });

  it('does not count what is no fault of the message: a full disk never makes a dead letter', () => {
    for (const code of ['OUTPUT_FULL', 'OUTPUT_UNUSABLE', 'SHUTTING_DOWN'] as const)
      expect(verdictOf(new AppError(code, 'x'), failed(3), policy)).toMatchObject({
        kind: 'retry',
        delayMs: 30_000,
        progress: { failures: 3 },
      });
    expect(verdictOf(new AppError('OUTPUT_FULL', 'x'), fresh, policy)).toMatchObject({ delayMs: 5000 });
  });

  it('gives up a message that the file system takes from no disk', () => {
    const verdict = verdictOf(new AppError('MESSAGE_TOO_LARGE', 'x'), failed(0), policy);
    expect(verdict).toMatchObject({ kind: 'dead', progress: { failures: 1 } });
  });

  it('tries what nobody foresaw again, without its text', () => {
    const verdict = verdictOf(new TypeError('secret of the payload'), fresh, policy);
    expect(verdict).toMatchObject({ kind: 'retry', reason: { code: 'INTERNAL' } });
    expect(JSON.stringify(verdict)).not.toContain('secret');
  });

  it('keeps which sinks have the message; a dead letter forgets which refused it, so that a resend asks them', () => {
    const failure = (error: AppError) => new DeliveryFailure(error, ['file', 'http:TARGET_REFUSED'], 't1');
    expect(verdictOf(failure(passing), fresh, policy)).toMatchObject({
      kind: 'retry',
      progress: { done: ['file', 'http:TARGET_REFUSED'], trace: 't1' },
    });
    expect(verdictOf(failure(new AppError('TARGET_REFUSED', '400')), fresh, policy)).toMatchObject({
      kind: 'dead',
      progress: { done: ['file'], trace: 't1' },
    });
  });
});
