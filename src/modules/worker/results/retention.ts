import type { Logger } from 'pino';
import type { WorkerSettings } from '../../../config/worker-settings.js';
import type { Clock } from '../../../core/clock.js';
import { FailureLog } from '../../../core/failure-log.js';
import { startLoop, type Loop } from '../../../core/loop.js';
import type { MonitorStore, Retention } from '../../../ports/monitor-store.port.js';

const HOUR_MS = 3_600_000;

export interface PrunerParts {
  store: Pick<MonitorStore, 'prune'>;
  settings: Pick<WorkerSettings, 'resultsKeptMs' | 'rollupsKeptMs'>;
  clock: Clock;
  onPruned: (rows: number) => void;
}

/** Deletes what is older than its retention: at the start, then each hour. */
export class Pruner {
  private readonly stopping = new AbortController();
  private first: Promise<void> = Promise.resolve();
  private loop: Loop | undefined;
  private readonly failures: FailureLog;

  constructor(
    private readonly parts: PrunerParts,
    private readonly logger: Logger,
  ) {
    this.failures = new FailureLog(logger, 'Old results cannot be deleted', () => parts.clock.now());
  }

  start(): void {
    const { clock } = this.parts;
    this.first = this.prune();
    const onError = (error: unknown) => this.failures.failed(error);
    this.loop = startLoop({ name: 'retention', everyMs: HOUR_MS, clock, onError, run: () => this.prune() });
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.first, this.loop?.stop()]);
  }

  private async prune(): Promise<void> {
    const { store, clock, settings, onPruned } = this.parts;
    try {
      const rows = await store.prune(retentionAt(clock.now(), settings), this.stopping.signal);
      this.failures.succeeded();
      onPruned(rows);
      if (rows > 0) this.logger.info({ rows }, `Deleted ${rows} old results, rollups and alerts.`);
    } catch (error) {
      if (!this.stopping.signal.aborted) this.failures.failed(error);
    }
  }
}

/** Alerts are of no use without the results that they are about. */
function retentionAt(now: number, { resultsKeptMs, rollupsKeptMs }: PrunerParts['settings']): Retention {
  const resultsBefore = now - resultsKeptMs;
  return { resultsBefore, rollupsBefore: now - rollupsKeptMs, alertsBefore: resultsBefore };
}
