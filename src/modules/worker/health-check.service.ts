import type { WorkerSettings } from '../../config/worker-settings.js';
import type { Clock } from '../../core/clock.js';
import { readHealthTask } from '../../monitors/health-task.js';
import type { Monitor, RawResult } from '../../ports/monitor-store.port.js';
import type { ActiveTask } from '../../ports/task-queue.port.js';
import type { Checked, CheckRunner } from './check/check-runner.js';
import type { MonitorCache } from './monitors/monitor-cache.js';
import type { ResultsWriter } from './results/results-writer.js';
import type { FurtherLooks } from './tasks/further-looks.js';
import type { Rhythms } from './tasks/rhythm.js';
import { knownTask, type KnownTask } from './tasks/task-kind.js';
import { TaskRefusedError } from './tasks/verdict.js';
import type { WorkerMetrics } from './worker.metrics.js';

export interface HealthCheckParts {
  monitors: Pick<MonitorCache, 'get'>;
  runner: Pick<CheckRunner, 'run'>;
  results: Pick<ResultsWriter, 'write'>;
  further: Pick<FurtherLooks, 'after'>;
  rhythms: Rhythms;
  metrics: WorkerMetrics;
  clock: Clock;
}

export type DropReason = 'gone' | 'paused' | 'stale';

/** A batch is written well before the task's own time is over, milliseconds. */
const TO_ANSWER_MS = 2_000;

/** The course of a health task: monitor → check → result. Over when the result is durable, or the task was dropped by rule. */
export class HealthCheckService {
  constructor(
    private readonly parts: HealthCheckParts,
    private readonly settings: Pick<WorkerSettings, 'staleIntervals'>,
  ) {}

  /** @throws TaskRefusedError, AppError (see verdictOf) */
  async handle(task: ActiveTask, signal: AbortSignal): Promise<void> {
    const { monitors, runner, metrics, clock } = this.parts;
    const health = readHealthTask(task.payload);
    if (!health) {
      metrics.refused.inc({ reason: 'payload' });
      throw new TaskRefusedError('The payload is no health task: {"monitor_id":…,"scheduled_at":…}.');
    }
    const known = knownTask(task.id, health, clock.now());
    const monitor = await monitors.get(known.monitorId);
    const reason = this.reasonToDrop(known, monitor);
    if (!monitor || reason) return metrics.dropped.inc({ reason: reason ?? 'gone' });
    const checked = await runner.run(monitor, { deadline: task.deadline, signal });
    signal.throwIfAborted();
    this.count(known, monitor, checked);
    await this.keep(known, monitor, checked, task.deadline);
  }

  private reasonToDrop(known: KnownTask, monitor: Monitor | null): DropReason | null {
    const { rhythms, clock } = this.parts;
    if (!monitor) return 'gone';
    if (!monitor.active && known.kind !== 'now') return 'paused';
    return rhythms.isStale(known, monitor, this.settings.staleIntervals, clock.now()) ? 'stale' : null;
  }

  private async keep(known: KnownTask, monitor: Monitor, checked: Checked, deadline: number): Promise<void> {
    const { results, further, metrics, clock } = this.parts;
    const waitMs = Math.max(0, deadline - clock.now() - TO_ANSWER_MS);
    const stored = await results.write(resultOf(known, checked), monitor, waitMs);
    if (!stored) return;
    metrics.results.inc({ status: stored.status });
    further.after(known, stored, monitor);
  }

  private count(
    known: KnownTask,
    { type }: Monitor,
    { outcome, isKnownType, tookMs, startedAt }: Checked,
  ): void {
    const { metrics } = this.parts;
    const label = isKnownType ? type : 'other';
    metrics.checks.inc({ type: label, found: outcome.found });
    metrics.checkSeconds.observe({ type: label }, tookMs / 1000);
    if (known.kind === 'tick') metrics.lateness.observe(Math.max(0, startedAt - known.scheduledAt) / 1000);
  }
}

/** Databases take no NUL, nor half a character. */
function resultOf({ id, monitorId, scheduledAt }: KnownTask, { outcome, at }: Checked): RawResult {
  const { found, latencyMs, message } = outcome;
  const text = message.replaceAll('\u0000', ' ').slice(0, 1_000).toWellFormed();
  return { id, monitorId, plannedAt: scheduledAt, at, found, latencyMs, message: text };
}
