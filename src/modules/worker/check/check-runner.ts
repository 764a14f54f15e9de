import type { CheckContext, CheckDefinition, CheckOutcome } from '../../../checks/define-check.js';
import { FOREIGN_TYPES } from '../../../checks/foreign-types.js';
import { runCheck } from '../../../checks/run-check.js';
import { aimOf, type Aim } from '../../../checks/target-of.js';
import type { TargetNet } from '../../../checks/targets/target-net.js';
import type { Clock } from '../../../core/clock.js';
import { AppError } from '../../../core/errors.js';
import type { Turns } from '../../../core/turns.js';
import type { Monitor, Push } from '../../../ports/monitor-store.port.js';
import type { Observer } from '../observer/observer.js';
import { AskedStore } from './asked-store.js';
import type { HostTurns } from './host-turns.js';
import { leftForCheck, timeoutOf } from './time-limits.js';

export interface RunnerParts {
  checks: ReadonlyMap<string, CheckDefinition>;
  net: TargetNet;
  /** Runs a check in a child process. */
  runIsolated: typeof runCheck;
  observer: Pick<Observer, 'believed' | 'watch'>;
  lastPush: (monitorId: string) => Promise<Push | null>;
  hosts: HostTurns;
  turns: Turns;
  clock: Clock;
}

/** Of a task: until when, milliseconds since the Unix epoch, and what ends it before that. */
export interface Limits {
  deadline: number;
  signal: AbortSignal;
}

export interface Checked {
  outcome: CheckOutcome;
  /** When it began and when it was over, milliseconds since the Unix epoch; it ends at `at`. */
  startedAt: number;
  at: number;
  /** Of the check with all that it waited for the target, milliseconds. */
  tookMs: number;
  /** False where this version has no such check. */
  isKnownType: boolean;
}

/** Looks at a monitor's target once, within its timeout and the limits of this process. */
export class CheckRunner {
  /** Asked for at each check, and costly to find out. */
  private readonly aims = new WeakMap<Monitor, Aim>();

  constructor(private readonly parts: RunnerParts) {}

  /** @throws AppError BUFFER_FULL (too many wait for this host), MONITOR_STORE_UNAVAILABLE (the last push) */
  async run(monitor: Monitor, limits: Limits): Promise<Checked> {
    const definition = this.parts.checks.get(monitor.type);
    if (!definition) return this.checked(unknown(wordsFor(monitor.type)), this.parts.clock.now(), false);
    const aim = this.aimOf(monitor, definition);
    const { target } = aim;
    const { clock, hosts, turns } = this.parts;
    // What it waits for its turns takes at most half of its time.
    const leastMs = Math.min(timeoutOf(monitor), leftForCheck(limits.deadline, clock.now()) / 2);
    const look = () => this.look(monitor, definition, { ...limits, leastMs }, aim);
    if (target === null) return turns.run(look);
    const giveBack = await hosts.take(target, leastMs, limits.signal);
    if (!giveBack) return this.checked(unknown(noTurn(target)), clock.now(), true);
    try {
      return await turns.run(look);
    } finally {
      giveBack();
    }
  }

  private async look(
    monitor: Monitor,
    definition: CheckDefinition,
    limits: Limits & { leastMs: number },
    { target, isIsolated }: Aim,
  ): Promise<Checked> {
    const { clock, observer } = this.parts;
    const startedAt = clock.now();
    const timeoutMs = Math.min(timeoutOf(monitor), leftForCheck(limits.deadline, startedAt));
    // A target that is not given its time is not down.
    if (timeoutMs < limits.leastMs) return this.checked(unknown(NO_PLACE), startedAt, true);
    const timer = this.timer(timeoutMs, limits.signal);
    const unwatch = observer.watch();
    try {
      const since = clock.monotonic();
      let thrown: unknown;
      const asked = new AskedStore(() => this.parts.lastPush(monitor.id));
      const context = this.context(monitor, timer.signal, timeoutMs, asked);
      const onError = (error: unknown) => void (thrown = error);
      const run = isIsolated ? this.parts.runIsolated : runCheck;
      const outcome = await run(definition, monitor.config, context, onError);
      const isLate = timer.signal.aborted;
      asked.throwIfAway();
      const believed = observer.believed({ target, outcome, error: thrown, isLate, since });
      return this.checked(believed, startedAt, true);
    } finally {
      unwatch();
      timer.stop();
    }
  }

  private checked(outcome: CheckOutcome, startedAt: number, isKnownType: boolean): Checked {
    const at = this.parts.clock.now();
    return { outcome, startedAt, at, tookMs: Math.max(0, at - startedAt), isKnownType };
  }

  private context(
    monitor: Monitor,
    signal: AbortSignal,
    timeoutMs: number,
    { lastPush }: AskedStore,
  ): CheckContext {
    const { id, name, type, interval, createdAt } = monitor;
    const { net, clock } = this.parts;
    return {
      monitor: { id, name, type, interval, createdAt },
      signal,
      timeoutMs,
      net,
      now: () => clock.now(),
      lastPush,
    };
  }

  /** Aborts after `ms`, or with the task. */
  private timer(ms: number, task: AbortSignal): { signal: AbortSignal; stop: () => void } {
    const late = new AbortController();
    const over = new AbortController();
    const end = () => late.abort(new AppError('SHUTTING_DOWN', 'The task was ended.'));
    task.addEventListener('abort', end, { once: true, signal: over.signal });
    if (task.aborted) end();
    void this.parts.clock.sleep(ms, over.signal).then(() => {
      if (!over.signal.aborted) late.abort(new Error('the time of the check is over'));
    });
    return { signal: late.signal, stop: () => over.abort() };
  }

  private aimOf(monitor: Monitor, definition: CheckDefinition): Aim {
    let aim = this.aims.get(monitor);
    if (!aim) this.aims.set(monitor, (aim = aimOf(definition, monitor.config)));
    return aim;
  }
}

const NO_PLACE =
  'Not asked: other checks took the time of this one. Raise WORKER_CONCURRENCY, or start more workers.';

function unknown(message: string): CheckOutcome {
  return { found: 'unknown', message, latencyMs: null };
}

function wordsFor(type: string): string {
  return Object.hasOwn(FOREIGN_TYPES, type)
    ? FOREIGN_TYPES[type]!
    : `This version has no check for the type ${type}.`;
}

function noTurn(target: string): string {
  return `Not asked: the checks of ${target} that were under way took all of this one’s time. Raise WORKER_PER_HOST.`;
}
