import type { Logger } from 'pino';
import type { EmitterSettings } from '../../../config/emitter-settings.js';
import type { Clock } from '../../../core/clock.js';
import { FailureLog } from '../../../core/failure-log.js';
import { chooseDue, type DueTicks } from './missed.js';
import { startTimeline, type Timeline } from './timeline.js';

/** Clocks are set back by no more than this without a reason: an hour, as daylight saving done wrong. */
const SET_BACK_MS = 3_600_000;
/** Set back by more, ticks are awaited so long that it is told. */
const WORTH_TELLING_MS = 5000;
/** Without a missed tick for so long, missing is over. */
const CALM_MS = 60_000;

export interface Tick {
  /** Milliseconds since the Unix epoch. */
  plannedAt: number;
  /** How long after that it is handed over, milliseconds; never negative. */
  latenessMs: number;
}

/** What is due at one wake-up: to be sent, the oldest first, and how many others were missed. */
export interface Due {
  ticks: Tick[];
  missed: number;
}

export interface TickerOptions {
  settings: Pick<EmitterSettings, 'name' | 'schedule' | 'firstAtOnce' | 'policies'>;
  clock: Clock;
  logger: Logger;
  /** Called with at least one tick or missed tick. It must not wait: what takes long is begun and left. */
  onDue: (due: Due) => void;
}

/**
 * Hands over the ticks of one schedule when they are due: never before their time, never twice. One that comes late is
 * judged by the policy for missed ticks (missed.ts). A wall clock that is set ahead is a stall; set back by up to an
 * hour it brings nothing again that was planned; set back further, the ticker begins anew from there.
 */
export class Ticker {
  private abort = new AbortController();
  private timeline: Timeline | null = null;
  /** All ticks up to here are dealt with. */
  private doneUpTo = 0;
  private toldSetBack = false;
  private readonly misses: FailureLog;

  constructor(private readonly options: TickerOptions) {
    const { settings, logger, clock } = options;
    this.misses = new FailureLog(logger, `Emitter ${settings.name} came too late`, () => clock.monotonic());
  }

  /** Anchors the grid here and now; a tick at once is handed over before it returns. Harmless while it runs. */
  start(): void {
    if (this.timeline) return;
    const { settings, clock } = this.options;
    const timeline = startTimeline(settings.schedule, clock);
    const { signal } = (this.abort = new AbortController());
    this.timeline = timeline;
    const { startedAt } = timeline;
    this.doneUpTo = startedAt;
    if (settings.firstAtOnce) this.handOver({ send: [startedAt], missed: 0 }, startedAt);
    void this.run(timeline, signal);
  }

  /** No tick comes after this, whatever was due. `start` begins anew. */
  stop(): void {
    this.timeline = null;
    this.abort.abort();
  }

  /** The next tick's planned time; null when none comes, or when stopped. */
  get nextAt(): number | null {
    return this.timeline?.grid.next(this.doneUpTo) ?? null;
  }

  /** Milliseconds until the next tick, by the time that it goes by; Infinity when none comes. */
  get msToNext(): number {
    const next = this.nextAt;
    return this.timeline && next !== null ? Math.max(0, next - this.timeline.now()) : Infinity;
  }

  private async run(timeline: Timeline, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const next = timeline.grid.next(this.doneUpTo);
      if (next === null) return;
      const wait = Math.min(next - timeline.now(), timeline.longestWaitMs);
      // Even when it is late already: whatever else is due has its turn.
      await this.options.clock.sleep(Math.max(0, wait), signal);
      if (!signal.aborted) this.wake(timeline);
    }
  }

  private wake(timeline: Timeline): void {
    const now = timeline.now();
    const after = this.doneUpTo;
    if (now <= after) return this.setBack(now, after);
    this.toldSetBack = false;
    this.doneUpTo = Math.floor(now);
    this.handOver(chooseDue(timeline.grid, { after, now }, this.options.settings.policies), now);
  }

  private setBack(now: number, after: number): void {
    const back = after - now;
    const begin = `Emitter ${this.options.settings.name}: the clock was set back by about ${Math.round(back / 1000)} s; `;
    if (back > SET_BACK_MS) {
      this.doneUpTo = Math.floor(now);
      this.options.logger.warn(`${begin}its ticks begin anew from there.`);
    } else if (back > WORTH_TELLING_MS && !this.toldSetBack) {
      this.toldSetBack = true;
      this.options.logger.warn(
        `${begin}its next tick comes after ${new Date(after).toISOString()}, so that none comes twice.`,
      );
    }
  }

  private handOver({ send, missed }: DueTicks, now: number): void {
    this.tellMissed(missed, send.length);
    if (send.length === 0 && missed === 0) return;
    const ticks = send.map((plannedAt) => ({ plannedAt, latenessMs: now - plannedAt }));
    try {
      this.options.onDue({ ticks, missed });
    } catch (err) {
      this.options.logger.error({ err }, `Emitter ${this.options.settings.name}: a tick was not taken.`);
    }
  }

  private tellMissed(missed: number, sent: number): void {
    if (missed > 0) this.misses.failed(new Error(`${missed} missed ticks are skipped, ${sent} are sent`));
    else this.misses.calm(CALM_MS);
  }
}
