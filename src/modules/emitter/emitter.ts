import type { Logger } from 'pino';
import type { EmitterSettings } from '../../config/emitter-settings.js';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { isOverBy } from '../../core/with-deadline.js';
import { Backlog } from './backlog.js';
import type { Delivery } from './delivery.js';
import type { EmitterMetrics } from './emitter.metrics.js';
import { MessageKeys } from './message-keys.js';
import type { EmitMessage, EmitResult, Target } from './message.js';
import type { PayloadSource } from './payloads/payload-source.js';
import type { Preflight } from './preflight.js';
import { refusalOf, Skips } from './skips.js';
import { Books, type Entry } from './time/books.js';
import { Flights } from './time/flights.js';
import type { Due, Tick, Ticker, TickerOptions } from './time/ticker.js';
import type { OutcomeWindow } from './time/window.js';

/** Kept back of the time to stop, to put what is cut off into the folder, milliseconds. */
const TO_KEEP_MS = 1000;
/** Without another tick to come, and without a limit of its own. */
const LONGEST_MS = 3_600_000;

export interface EmitterContext {
  target: Target;
  window: OutcomeWindow;
  payload: PayloadSource;
  delivery: Delivery;
  /** Null: nothing is asked before the first tick. */
  preflight: Preflight | null;
  /** Whether ticks are this process's to send; triggers are anybody's. */
  leads: () => boolean;
  tickerOf: (onDue: TickerOptions['onDue']) => Ticker;
  metrics: EmitterMetrics;
  clock: Clock;
  logger: Logger;
}

/** A message that was taken to be sent. */
interface Taken {
  message: EmitMessage;
  entry: Entry;
  /** On the monotonic clock: when it was due, and after when it is not tried again. */
  dueAt: number;
  until: number;
  onEnd: (result: EmitResult) => void;
}

export type EmitterState = 'running' | 'standby' | 'paused' | 'checking' | 'stopped';

/** One emitter: ticks in, messages out, and books that balance. */
export class Emitter {
  readonly books = new Books();
  private readonly flights: Flights<Taken>;
  private readonly ticker: Ticker;
  private readonly keys: MessageKeys;
  private readonly skips: Skips;
  private readonly backlog: Backlog;
  private readonly stopping = new AbortController();
  private readonly cutting = new AbortController();
  private isPaused: boolean;
  private isPrepared = false;
  private isChecking = false;
  private count = 0;

  constructor(
    readonly settings: EmitterSettings,
    readonly context: EmitterContext,
  ) {
    this.isPaused = settings.paused;
    this.keys = new MessageKeys(settings);
    this.skips = new Skips(settings.name, this.books, context.metrics, context);
    this.backlog = new Backlog(settings.policies.windowMs);
    this.ticker = context.tickerOf((due) => this.onDue(due));
    this.flights = new Flights<Taken>({
      policies: settings.policies,
      run: (taken) => this.run(taken),
      onError: (err, taken) => {
        const { key } = taken.message;
        context.logger.error({ err, key }, `Emitter ${settings.name}: an unforeseen error ended a message.`);
        void this.abandon(taken, 'an unforeseen error');
      },
    });
  }

  get state(): EmitterState {
    if (this.stopping.signal.aborted) return 'stopped';
    if (this.isPaused) return 'paused';
    if (this.isChecking) return 'checking';
    return this.context.leads() ? 'running' : 'standby';
  }

  /** Milliseconds since the Unix epoch; null when no tick is planned. */
  get nextAt(): number | null {
    return this.ticker.nextAt;
  }

  /** Why it does not do its work now. */
  get trouble(): AppError | null {
    return this.isChecking ? (this.context.preflight?.trouble ?? null) : null;
  }

  /** Reads what it sends. @throws AppError PAYLOAD_FILE_UNUSABLE */
  async prepare(): Promise<void> {
    await this.context.payload.start?.();
    this.isPrepared = true;
  }

  /** Begins to tick, at once or when what is asked before has passed. Prepared, it cannot fail. */
  start(): void {
    const { preflight } = this.context;
    if (this.stopping.signal.aborted) return;
    if (!preflight) return this.ticker.start();
    this.isChecking = true;
    void preflight.passes(this.stopping.signal).then((passed) => {
      this.isChecking = false;
      if (passed) this.ticker.start();
    });
  }

  /** Ticks are counted as skipped until `resume`; what is in flight goes on. */
  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  /**
   * One message now, also while it is paused. `ended` never rejects.
   * @throws AppError EMITTER_BUSY, TARGET_UNAVAILABLE (its circuit is open), SHUTTING_DOWN, PAYLOAD_FILE_UNUSABLE
   */
  trigger(): { key: string; ended: Promise<EmitResult> } {
    if (this.state === 'stopped') throw new AppError('SHUTTING_DOWN', 'The process stops.');
    if (!this.isPrepared)
      throw new AppError('PAYLOAD_FILE_UNUSABLE', 'The process is starting: try again at once.');
    const plannedAt = this.context.clock.now();
    const key = this.keys.ofTrigger();
    let onEnd: Taken['onEnd'] = () => undefined;
    const ended = new Promise<EmitResult>((resolve) => (onEnd = resolve));
    const skipped = this.take({ plannedAt, key, latenessMs: 0, onEnd });
    if (skipped !== null) throw refusalOf(this.settings.name, skipped);
    return { key, ended };
  }

  /** No tick and no trigger any more; what was taken goes on. */
  endTicks(): void {
    this.stopping.abort();
    this.ticker.stop();
    this.flights.close();
    const left = this.backlog.clear();
    if (left > 0) this.skips.skip('missed', left);
  }

  /** Ends the ticks; what is in flight ends, or lies in the folder. Answers what was cut off. */
  async stop(deadlineMs: number): Promise<string | null> {
    const end = performance.now() + deadlineMs;
    this.endTicks();
    const idle = this.flights.idle();
    const keepMs = Math.min(TO_KEEP_MS, deadlineMs / 2);
    const drained = await isOverBy(idle, end - keepMs);
    const left = drained ? null : await this.cutOff(idle, end);
    await isOverBy(Promise.resolve(this.context.payload.stop?.()), end);
    return left;
  }

  private async cutOff(idle: Promise<void>, end: number): Promise<string> {
    const left = `${this.books.snapshot().inFlight} messages of emitter ${this.settings.name} cut off`;
    const waiting = this.flights.abandon();
    this.cutting.abort();
    const reason = 'the process stopped before its turn came';
    const abandoned = waiting.map((taken) => this.abandon(taken, reason));
    const areKept = await isOverBy(Promise.all([idle, ...abandoned]), end);
    return `${left}; ${areKept ? 'see' : 'not all of them are in'} EMITTER_GIVEN_UP_FOLDER`;
  }

  /** Of one that has no result of its own. */
  private async abandon(taken: Taken, reason: string): Promise<void> {
    this.ended(taken, await this.context.delivery.abandon(taken.message, reason));
  }

  private onDue({ ticks, missed }: Due): void {
    if (missed > 0) this.skips.skip('missed', missed);
    const now = this.context.clock.monotonic();
    for (const [i, tick] of ticks.entries()) {
      const isMadeUp = i < ticks.length - 1;
      if (!isMadeUp || this.flights.hasRoom) this.send(tick);
      else if (!this.backlog.add(tick, now)) this.skips.skip('missed');
    }
  }

  private send({ plannedAt, latenessMs }: Tick): void {
    if (this.isPaused) this.skips.skip('paused');
    else if (!this.context.leads()) this.skips.skip('not_leader');
    else this.take({ plannedAt, key: this.keys.ofTick(plannedAt), latenessMs, onEnd: () => undefined });
  }

  /** What was missed and is made up for takes the places that are free. */
  private sendBacklog(): void {
    while (this.backlog.size > 0 && this.flights.hasRoom) {
      const { tick, tooOld } = this.backlog.next(this.context.clock.monotonic());
      if (tooOld > 0) this.skips.skip('missed', tooOld);
      if (tick) this.send(tick);
    }
  }

  /** Begins a message, or answers why it was skipped. */
  private take(tick: Pick<Taken, 'onEnd'> & { plannedAt: number; key: string; latenessMs: number }) {
    const { target, clock } = this.context;
    const reason = target.circuitOpen ? 'circuit' : this.flights.hasRoom ? null : 'overlap';
    if (reason !== null) return this.skips.skip(reason);
    this.skips.taken();
    const { plannedAt, key, latenessMs, onEnd } = tick;
    this.count += 1;
    const body = this.context.payload.next({ plannedAt, count: this.count });
    const message = { emitter: this.settings.name, key, plannedAt, body };
    const now = clock.monotonic();
    const dueAt = now - latenessMs;
    const { maxElapsedMs } = this.settings.retry;
    const until =
      maxElapsedMs === null ? now + Math.min(this.ticker.msToNext, LONGEST_MS) : dueAt + maxElapsedMs;
    this.context.metrics.taken(this.settings.name);
    this.flights.offer({ message, entry: this.books.send(), dueAt, until, onEnd });
    return null;
  }

  private async run(taken: Taken): Promise<void> {
    const { message, dueAt, until } = taken;
    const now = this.context.clock.monotonic();
    const latenessMs = Math.max(0, now - dueAt);
    this.context.metrics.began(this.settings.name, latenessMs);
    const limits = { maxElapsedMs: Math.max(0, until - now), signal: this.cutting.signal };
    this.ended(taken, await this.context.delivery.carry(message, limits, latenessMs));
  }

  private ended({ entry, onEnd }: Taken, result: EmitResult): void {
    entry.end(result.end);
    this.context.metrics.ended(this.settings.name, result);
    onEnd(result);
    // When its place is free.
    setImmediate(() => this.sendBacklog());
  }
}
