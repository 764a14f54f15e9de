import { beforeEach, describe, expect, it } from '@jest/globals';
import { OutcomeWindow, outcomeOf } from './window.js';

let window: OutcomeWindow;

beforeEach(() => {
  window = new OutcomeWindow();
});

const record = (count: number, outcome: Partial<Parameters<OutcomeWindow['record']>[0]> = {}) => {
  for (let i = 0; i < count; i += 1)
    window.record({ jitterMs: 0.1, status: 200, failed: false, latencyMs: 5, ...outcome });
};

describe('the log line', () => {
  it("is the contract's, to the letter", () => {
    record(7);
    expect(window.line()).toBe(
      'HTTP metrics: jitter=  0.1 ms | status=200 | fail=  0.0% | win=  7/100 | total=7',
    );
  });

  it('counts a network failure, shows it without a status, and keeps a hundred', () => {
    record(150);
    record(50, { failed: true, status: null, jitterMs: 1234.56 });
    expect(window.line()).toBe(
      'HTTP metrics: jitter=1234.6 ms | status=--- | fail= 50.0% | win=100/100 | total=200',
    );
    record(100, { failed: true, status: 503 });
    expect(window.line()).toBe(
      'HTTP metrics: jitter=  0.1 ms | status=503 | fail=100.0% | win=100/100 | total=300',
    );
  });
});

describe('the snapshot', () => {
  it('is empty at first', () => {
    expect(window.snapshot()).toEqual({ size: 0, total: 0, failureRate: 0, jitterMs: null, latencyMs: null });
  });

  it('has percentiles of the last hundred that are values which occurred', () => {
    record(30, { jitterMs: 9999 });
    for (let i = 100; i >= 1; i -= 1) record(1, { jitterMs: i, latencyMs: i * 10, failed: i <= 3 });
    expect(window.snapshot()).toEqual({
      size: 100,
      total: 130,
      failureRate: 0.03,
      jitterMs: { p50: 50, p95: 95, p99: 99 },
      latencyMs: { p50: 500, p95: 950, p99: 990 },
    });
  });

  it('has them of one value too', () => {
    record(1, { jitterMs: 4 });
    expect(window.snapshot().jitterMs).toEqual({ p50: 4, p95: 4, p99: 4 });
  });
});

describe('outcomeOf', () => {
  const result = {
    reason: 'r',
    attempts: 2,
    elapsedMs: 90,
    latencyMs: 8,
    mayHaveArrived: false,
    aborted: false,
  };

  it('counts everything as failed that was not delivered', () => {
    expect(outcomeOf({ ...result, end: 'delivered', status: 201 }, 3)).toEqual({
      jitterMs: 3,
      status: 201,
      failed: false,
      latencyMs: 8,
    });
    expect(outcomeOf({ ...result, end: 'refused', status: 404 }, 3).failed).toBe(true);
    expect(outcomeOf({ ...result, end: 'given up', status: null }, 3).failed).toBe(true);
  });
});
