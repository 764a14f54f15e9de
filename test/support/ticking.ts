import { pino } from 'pino';
import type { Schedule, TickPolicies } from '../../src/config/emitter-settings.js';
import type { Clock } from '../../src/core/clock.js';
import { Ticker, type Due } from '../../src/modules/emitter/time/ticker.js';
import { ManualClock } from './manual-clock.js';

export const HOUR = 3_600_000;
export const MINUTE = 60_000;

export const every = (periodMs: number, onEpoch = false): Schedule => ({ kind: 'every', periodMs, onEpoch });
export const cron = (line: string, zone = 'UTC'): Schedule => ({ kind: 'cron', line, zone });

export interface Given {
  firstAtOnce?: boolean;
  missed?: TickPolicies['missed'];
  windowMs?: number;
  /** In place of the manual one. */
  clock?: Clock;
  onDue?: (due: Due, ticker: Ticker) => void;
}

/** Tickers on one manual clock, with what they hand over and say. */
export class Ticking {
  readonly clock: ManualClock;
  dues: Due[] = [];
  readonly said: string[] = [];
  private readonly tickers: Ticker[] = [];

  constructor(readonly startedAt: number) {
    this.clock = new ManualClock(startedAt);
  }

  start(schedule: Schedule, { firstAtOnce = false, missed = 'skip', windowMs = HOUR, ...given }: Given = {}) {
    const policies = { missed, windowMs, overlap: 'skip', maxInFlight: 1 } as const;
    const write = (text: string) => void this.said.push((JSON.parse(text) as { msg: string }).msg);
    const ticker = new Ticker({
      settings: { name: 'e', schedule, firstAtOnce, policies },
      clock: given.clock ?? this.clock,
      logger: pino({}, { write }),
      onDue: (due) => {
        this.dues.push(due);
        given.onDue?.(due, ticker);
      },
    });
    this.tickers.push(ticker);
    ticker.start();
    return ticker;
  }

  stop(): void {
    for (const ticker of this.tickers) ticker.stop();
  }

  get ticks() {
    return this.dues.flatMap(({ ticks }) => ticks);
  }

  get planned(): number[] {
    return this.ticks.map(({ plannedAt }) => plannedAt);
  }

  /** Planned times as `MM-DDThh:mm:ss` of UTC. */
  get shown(): string[] {
    return this.planned.map((ms) => new Date(ms).toISOString().slice(5, 19));
  }

  get missed(): number {
    return this.dues.reduce((sum, { missed }) => sum + missed, 0);
  }
}
