import { describe, expect, it } from '@jest/globals';
import { AppError, type ErrorCode } from '../core/errors.js';
import type { RecordResult } from './answers.js';
import { batchStatus } from './batch-status.js';

const ok: RecordResult = { topic: 't', outcome: { ok: true, partition: 0, offset: 1 } };
const failed = (code: ErrorCode): RecordResult => ({
  topic: 't',
  outcome: { ok: false, error: new AppError(code, '') },
});
const refused: RecordResult = { topic: null, error: new AppError('VALIDATION_FAILED', '') };

describe('batchStatus', () => {
  it.each<[string, RecordResult[], number, number]>([
    ['an empty batch', [], 200, 0],
    ['all written', [ok, ok], 200, 2],
    ['some written', [ok, failed('OUTCOME_UNKNOWN'), refused], 207, 1],
    ['all refused', [refused, refused], 422, 0],
    ['none written, one may be sent again', [refused, failed('RECORD_LOG_UNAVAILABLE')], 503, 0],
    [
      'none known to be written, one unknown',
      [failed('RECORD_LOG_UNAVAILABLE'), failed('OUTCOME_UNKNOWN')],
      504,
      0,
    ],
    ['none written, each refused in its way', [failed('TOPIC_UNKNOWN'), refused], 404, 0],
  ])('%s', (_, results, status, written) => {
    expect(batchStatus(results)).toMatchObject({ status, written });
  });
});
