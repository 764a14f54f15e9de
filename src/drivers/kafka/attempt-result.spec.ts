import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { KafkaJSConnectionError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs';
import { resultOfError as resultOf, retryDelayMs } from './attempt-result.js';

const require = createRequire(import.meta.url);
const { errorCodes } = require('kafkajs/src/protocol/error.js') as {
  errorCodes: { type: string; code: number }[];
};

const resultOfError = (error: unknown, left: boolean, waits = true) => resultOf(error, { left, waits });

function answered(type: string): Error {
  return new KafkaJSProtocolError(errorCodes.find((known) => known.type === type) as never);
}

/** As kafkajs throws what its own retrying gave up on. */
function wrapped(error: Error): Error {
  return new KafkaJSNumberOfRetriesExceeded(error, { retryCount: 0, retryTime: 0 });
}

describe('resultOfError', () => {
  it.each([
    answered('REQUEST_TIMED_OUT'),
    new KafkaJSConnectionError('Closed connection'),
    new TypeError('a bug'),
  ])('takes a request that never left for unwritten, whatever the error: %s', (error) => {
    expect(resultOfError(error, false)).toMatchObject({ kind: 'unwritten', left: false });
    expect(resultOfError(wrapped(error), false)).toMatchObject({ kind: 'unwritten', left: false });
  });

  it.each(['NOT_ENOUGH_REPLICAS', 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID'])(
    'believes %s',
    (type) => {
      expect(resultOfError(wrapped(answered(type)), true)).toMatchObject({ kind: 'unwritten', left: true });
    },
  );

  it.each([
    'REQUEST_TIMED_OUT',
    'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
    'UNKNOWN',
    'KAFKA_STORAGE_ERROR',
    'NOT_LEADER_FOR_PARTITION',
    'NETWORK_EXCEPTION',
  ])('does not know after %s', (type) =>
    expect(resultOfError(answered(type), true)).toMatchObject({ kind: 'ambiguous', final: false }),
  );

  it('does not know after a lost connection, nor after an error that kafkajs met when it asked for metadata', () => {
    const refused = Object.assign(new KafkaJSConnectionError('Connection error'), { code: 'ECONNREFUSED' });
    for (const error of [refused, answered('LEADER_NOT_AVAILABLE'), answered('UNKNOWN_TOPIC_OR_PARTITION')]) {
      expect(resultOfError(wrapped(error), true)).toMatchObject({ kind: 'ambiguous' });
    }
    expect(resultOfError(wrapped(answered('TOPIC_AUTHORIZATION_FAILED')), true)).toMatchObject({
      kind: 'ambiguous',
    });
  });

  it('believes a leader that was none, unless it may have lost its office while it waited', () => {
    const error = wrapped(answered('NOT_LEADER_FOR_PARTITION'));
    expect(resultOfError(error, true, false)).toMatchObject({ kind: 'unwritten' });
    expect(resultOfError(error, true, true)).toMatchObject({ kind: 'ambiguous', final: false });
  });

  it('does not ask again where the records are there already', () => {
    expect(resultOfError(answered('DUPLICATE_SEQUENCE_NUMBER'), true)).toMatchObject({
      kind: 'ambiguous',
      final: true,
    });
  });

  it.each([
    ['MESSAGE_TOO_LARGE', 'RECORD_TOO_LARGE', true],
    ['RECORD_LIST_TOO_LARGE', 'RECORD_TOO_LARGE', true],
    ['INVALID_TIMESTAMP', 'RECORD_REFUSED', true],
    ['INVALID_RECORD', 'RECORD_REFUSED', true],
    ['TOPIC_AUTHORIZATION_FAILED', 'TOPIC_FORBIDDEN', false],
    ['CLUSTER_AUTHORIZATION_FAILED', 'TOPIC_FORBIDDEN', false],
  ])('takes %s for %s', (type, code, divisible) => {
    expect(resultOfError(answered(type), true)).toMatchObject({ kind: 'refused', code, divisible });
  });
});

describe('retryDelayMs', () => {
  it('grows, to outlast the election of a leader', () => {
    expect([2, 3, 4, 5].map((attempt) => retryDelayMs(attempt, () => 0.5))).toEqual([300, 1200, 4000, 4000]);
    expect(retryDelayMs(2, () => 0)).toBe(240);
    expect(retryDelayMs(2, () => 1)).toBe(360);
  });
});
