import type { Logger } from 'pino';
import type { Clock } from '../../../core/clock.js';
import type { MonitorStore, NewAlert, QuietMonitor } from '../../../ports/monitor-store.port.js';
import type { SchedulerMetrics } from '../scheduler.metrics.js';
import type { Grids } from '../time/grids.js';
import { isSilent } from './is-silent.js';

const PAGE = 500;

export interface SilenceParts {
  store: Pick<MonitorStore, 'quiet' | 'markSilent'>;
  clock: Clock;
  metrics: SchedulerMetrics;
  logger: Logger;
}

/** Raises an alarm for monitors of which no result comes: workers are away, or too few. */
export class Silence {
  constructor(
    private readonly parts: SilenceParts,
    private readonly grids: Grids,
    /** Since when ticks are enqueued, milliseconds since the Unix epoch. */
    private readonly floor: number,
  ) {}

  /** One look at all. Answers how many are silent anew. @throws AppError of the store */
  async look(signal: AbortSignal): Promise<number> {
    const { store, clock, metrics, logger } = this.parts;
    const now = clock.now();
    let marked = 0;
    for (let after: string | null = null; !signal.aborted;) {
      const page: QuietMonitor[] = await store.quiet(now, after, PAGE);
      const silent = page.filter((one) => isSilent(one, now, this.floor, this.grids));
      if (silent.length > 0 && !signal.aborted)
        marked += await store.markSilent(silent.map((one) => alertOf(one, now)));
      if (page.length < PAGE) break;
      after = page.at(-1)!.id;
    }
    metrics.silent.inc(marked);
    if (marked > 0) logger.warn({ monitors: marked }, `No results come of ${marked} more monitors.`);
    return marked;
  }
}

function alertOf({ id, lastAt, interval, cron }: QuietMonitor, at: number): NewAlert {
  const plan =
    cron === null ? `although it is checked every ${interval} s` : `although "${cron}" was due three times`;
  const message = `No result since ${new Date(lastAt).toISOString()}, ${plan}.`;
  return { kind: 'silent', monitorId: id, from: null, to: null, at, latencyMs: null, message };
}
