import { describe, expect, it } from '@jest/globals';
import type { HttpFailureCode, HttpResult } from './http-message.js';
import { classify } from './http-outcome.js';

const answer = (status: number): HttpResult => ({
  kind: 'answer',
  status,
  headers: {},
  body: Buffer.alloc(0),
  bodyComplete: true,
  retryAfterMs: null,
  latencyMs: 1,
});

const failed = (code: HttpFailureCode): HttpResult => ({
  kind: 'failed',
  code,
  reason: '',
  mayHaveArrived: true,
  latencyMs: 1,
});

describe('classify', () => {
  it('tells every status apart', () => {
    const kinds = { delivered: [] as number[], retry: [] as number[], refused: [] as number[] };
    for (let status = 101; status < 600; status += 1) kinds[classify(answer(status))].push(status);
    expect(kinds.delivered).toEqual(Array.from({ length: 100 }, (_, i) => 200 + i));
    expect(kinds.retry).toEqual([408, 425, 429, ...Array.from({ length: 100 }, (_, i) => 500 + i)]);
    expect(kinds.refused).toHaveLength(499 - 100 - 103);
  });

  it('retries what the network does, and not what can never be sent', () => {
    const healing: HttpFailureCode[] = ['TIMEOUT', 'RESET', 'DNS', 'TLS', 'PROXY', 'BUSY', 'CLOSED', 'OTHER'];
    expect(new Set(healing.map((code) => classify(failed(code))))).toEqual(new Set(['retry']));
    expect(classify(failed('INVALID_REQUEST'))).toBe('refused');
  });
});
