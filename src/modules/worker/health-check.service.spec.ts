import { beforeEach, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { AppError } from '../../core/errors.js';
import type { Monitor, RawResult, StoredResult } from '../../ports/monitor-store.port.js';
import type { ActiveTask } from '../../ports/task-queue.port.js';
import type { Checked } from './check/check-runner.js';
import { HealthCheckService } from './health-check.service.js';
import { Rhythms } from './tasks/rhythm.js';
import { TaskRefusedError } from './tasks/verdict.js';
import { WorkerMetrics } from './worker.metrics.js';

const NOW = 1_700_000_000_000;
const never = new AbortController().signal;

let clock: ManualClock;
let metrics: WorkerMetrics;
let monitor: Monitor | null;
let written: { result: RawResult; waitMs: number }[];
let further: string[];
let answer: (result: RawResult) => Promise<StoredResult | null>;
let message: string;
beforeEach(() => {
  clock = new ManualClock(NOW);
  metrics = new WorkerMetrics(new Registry());
  monitor = {
    id: 'm',
    name: 'M',
    type: 'tcp',
    interval: 60,
    cron: null,
    timezone: null,
    active: true,
  } as Monitor;
  written = [];
  further = [];
  answer = (result) => Promise.resolve({ ...result, status: 'up' });
  message = 'connected';
});

function opened(): HealthCheckService {
  const checked = (): Checked => ({
    outcome: { found: 'up', message, latencyMs: 4 },
    startedAt: NOW + 1,
    at: NOW + 5,
    tookMs: 4,
    isKnownType: true,
  });
  return new HealthCheckService(
    {
      monitors: { get: () => Promise.resolve(monitor) },
      runner: { run: () => Promise.resolve(checked()) },
      results: {
        write: (result, _, waitMs) => {
          written.push({ result, waitMs });
          return answer(result);
        },
      },
      further: { after: ({ id }) => void further.push(id) },
      rhythms: new Rhythms('UTC'),
      metrics,
      clock,
    },
    { staleIntervals: 1 },
  );
}

function task(id: string, planned = NOW - 200, payload?: string): ActiveTask {
  const usual = JSON.stringify({ monitor_id: 'm', scheduled_at: new Date(planned).toISOString() });
  const common = { queue: 'default', headers: {}, retried: 0, maxRetries: 3, deadline: NOW + 300_000 };
  return { id, type: 'monitor:healthcheck', payload: Buffer.from(payload ?? usual), ...common };
}

const dropped = async () =>
  Object.fromEntries((await metrics.dropped.get()).values.map(({ labels, value }) => [labels.reason, value]));

it('writes what the check found, under the id and the planned time of the task', async () => {
  await opened().handle(task('m:1'), never);
  expect(written[0]!.result).toEqual({
    id: 'm:1',
    monitorId: 'm',
    plannedAt: NOW - 200,
    at: NOW + 5,
    found: 'up',
    latencyMs: 4,
    message: 'connected',
  });
  expect(written[0]!.waitMs).toBe(298_000);
  expect(further).toEqual(['m:1']);
});

it('is over only when the result is safe, and fails when it cannot be', async () => {
  answer = () => Promise.reject(new AppError('MONITOR_STORE_UNAVAILABLE', 'Away.'));
  await expect(opened().handle(task('m:1'), never)).rejects.toMatchObject({
    code: 'MONITOR_STORE_UNAVAILABLE',
  });
});

it('one that was written before is done, and looks no further', async () => {
  answer = () => Promise.resolve(null);
  await opened().handle(task('m:1'), never);
  expect(further).toEqual([]);
});

it('a message is a text that every database takes', async () => {
  message = `a\u0000b\ud800${'x'.repeat(2_000)}`;
  await opened().handle(task('m:1'), never);
  const { message: kept } = written[0]!.result;
  expect(kept).toHaveLength(1_000);
  expect(kept.startsWith('a b\ufffdx')).toBe(true);
});

describe('what is not checked', () => {
  it.each([
    ['no JSON', 'x'],
    ['no monitor', '{"scheduled_at":"2026-01-31T12:00:00Z"}'],
    ['no time', '{"monitor_id":"m","scheduled_at":"soon"}'],
  ])('%s is refused', async (_, payload) => {
    await expect(opened().handle(task('x', NOW, payload), never)).rejects.toThrow(TaskRefusedError);
  });

  it('a task of a monitor that is gone, or paused, or stale is dropped and counted', async () => {
    monitor = { ...monitor!, active: false };
    await opened().handle(task('m:1'), never);
    monitor = { ...monitor, active: true };
    await opened().handle(task('m:2', NOW - 60_001), never);
    monitor = null;
    await opened().handle(task('m:3'), never);
    expect(await dropped()).toEqual({ paused: 1, stale: 1, gone: 1 });
    expect(written).toEqual([]);
  });

  it('what somebody asked for runs while it is paused too', async () => {
    monitor = { ...monitor!, active: false };
    await opened().handle(task('m:now:7'), never);
    expect(written).toHaveLength(1);
  });

  it('a task that was ended writes nothing', async () => {
    const ended = AbortSignal.abort(new Error('the worker stops'));
    await expect(opened().handle(task('m:1'), ended)).rejects.toThrow('the worker stops');
    expect(written).toEqual([]);
  });
});
