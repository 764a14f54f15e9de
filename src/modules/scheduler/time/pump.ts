import type { Logger } from 'pino';
import type { SchedulerSettings } from '../../../config/scheduler-settings.js';
import type { AlarmClock } from '../../../core/clock.js';
import { reachAt, type Enqueuer, type SendTerm } from './enqueuer.js';

/** Ticks of one call. */
const MOST_TICKS = 500;
/** So often the watermark is written also when nothing is due, milliseconds; and the clock is looked at. */
const HEARTBEAT_MS = 5000;
/** Clocks are set back by less without harm: the ticks of that time are not planned twice, milliseconds. */
const SET_BACK_MS = 60_000;

export interface PumpParts {
  enqueuer: Pick<Enqueuer, 'send'>;
  settings: Pick<SchedulerSettings, 'quantumMs' | 'windowMs' | 'catchUp'>;
  clock: AlarmClock;
  logger: Logger;
}

/**
 * The one timer of all monitors. It wakes at the first whole multiple of the quantum at which a tick is due, never
 * before its planned time, and hands all that are due to the queue, one batch after the other.
 */
export class Pump {
  private endNap = () => undefined as void;
  private isEnding = false;
  private lookedAt = -Infinity;
  private beatAt = -Infinity;

  constructor(
    private readonly parts: PumpParts,
    private readonly term: SendTerm,
  ) {}

  /** Until the term is over, its signal aborts, or `finish` was called and what was due is in the queue. */
  async run(): Promise<void> {
    const { signal } = this.term;
    const wake = () => this.wake();
    signal.addEventListener('abort', wake, { once: true });
    try {
      while (!signal.aborted) {
        const isLast = this.isEnding;
        if (!(await this.pass(isLast)) || isLast) return;
        await this.rest();
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  /** The schedule has changed: the first tick may come earlier than awaited. */
  wake(): void {
    this.endNap();
  }

  /** Enqueues what is due at this moment, writes the watermark, and ends. */
  finish(): void {
    this.isEnding = true;
    this.wake();
  }

  /** False when the term is over. */
  private async pass(isLast: boolean): Promise<boolean> {
    const { schedule, signal } = this.term;
    const { enqueuer, clock, settings } = this.parts;
    const until = isLast ? clock.now() : Infinity;
    for (;;) {
      const now = this.look();
      const upTo = isLast ? until : Math.floor(now / settings.quantumMs) * settings.quantumMs;
      const ticks = schedule.take(MOST_TICKS, reachAt(now, upTo, settings));
      const isDone = ticks.length < MOST_TICKS;
      const monotonic = clock.monotonic();
      if (ticks.length === 0 && !isLast && monotonic - this.beatAt < HEARTBEAT_MS) return true;
      const watermark = Math.min(upTo, Math.max(schedule.firstAt - 1, Math.floor(now - settings.windowMs)));
      this.beatAt = monotonic;
      if ((await enqueuer.send(ticks, watermark, this.term)) === 'term over') return false;
      if (isDone || signal.aborted) return true;
    }
  }

  /** Until the next tick's quantum, the heartbeat, or a change. */
  private rest(): Promise<void> {
    const { clock, settings } = this.parts;
    const { signal, schedule } = this.term;
    const { quantumMs } = settings;
    if (signal.aborted || this.isEnding) return Promise.resolve();
    const toTick = Math.ceil(schedule.firstAt / quantumMs) * quantumMs - clock.now();
    const toBeat = HEARTBEAT_MS - (clock.monotonic() - this.beatAt);
    // Even when it is late already, whatever else is due has its turn.
    const ms = Math.max(0, Math.min(toTick, toBeat));
    return new Promise((resolve) => {
      const cancel = clock.after(ms, resolve);
      this.endNap = () => {
        cancel();
        resolve();
      };
    });
  }

  private look(): number {
    const { clock, logger } = this.parts;
    const now = clock.now();
    const back = this.lookedAt - now;
    if (back > SET_BACK_MS) {
      logger.warn(`The clock was set back by about ${Math.round(back / 1000)} s; ticks go on from there.`);
      this.term.schedule.rewind(now);
    }
    if (back < 0 || back > SET_BACK_MS) this.lookedAt = now;
    return now;
  }
}
