import { describe, expect, it } from '@jest/globals';
import { MonitorTable } from '../../../../test/support/monitor-table.js';
import { monitor, Scheduling, TaskSink } from '../../../../test/support/scheduling.js';
import { AppError } from '../../../core/errors.js';
import type { MonitorSchedule } from '../../../ports/monitor-store.port.js';
import { Follower } from '../sync/follower.js';
import { MonitorSync } from '../sync/monitor-sync.js';
import { balance } from './books.js';
import { phase } from './phase.js';

const START = Date.parse('2026-05-04T10:00:00Z');
const MONITORS = 30;
const FAILURES = ['TASK_QUEUE_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'STORAGE_FULL'] as const;

/** mulberry32: the same draws in each run of a seed. */
function draws(seed: number): (most: number) => number {
  let a = seed;
  return (most) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % most;
  };
}

/** Leaders one after the other on one queue and one table, with whatever may happen to them. */
class World {
  s!: Scheduling;
  private readonly draw: (most: number) => number;
  private sync!: MonitorSync;
  private follower!: Follower;
  private queue: TaskSink | undefined;
  private table: MonitorTable | undefined;
  private now = START;
  /** Every interval that a monitor ever had, and when it was created: one of the same id may be anew. */
  readonly plans = new Map<string, { intervals: Set<number>; creations: Set<number> }>();

  constructor(
    seed: number,
    private readonly policy: string,
  ) {
    this.draw = draws(seed);
  }

  async run(steps: number): Promise<void> {
    await this.newTerm();
    for (let step = 0; step < steps; step += 1) {
      await this.step();
      await this.s.advance(this.draw(5) === 0 ? this.draw(20_000) : this.draw(700));
      this.now = this.s.clock.now();
      expect(balance(this.s.books.snapshot())).toBe(0);
    }
    await this.s.stop();
    expect(balance(this.s.books.snapshot())).toBe(0);
    expect(this.s.books.snapshot().waiting).toBe(0);
  }

  private async step(): Promise<void> {
    const { queue } = this.s;
    const id = `m${this.draw(MONITORS)}`;
    const actions: (() => void | Promise<unknown>)[] = [
      () => this.write(id, { active: true, interval: 1 + this.draw(9) }),
      () => this.write(id, { active: false }),
      () => this.write(id, { name: `n${this.draw(9)}` }),
      () => this.remove(id),
      () => this.sync.full(),
      () => this.sync.delta(),
      () => this.follower.onGap(),
      () => void (queue.failure = this.failure()),
      () => void (queue.failure = null),
      () => this.newTerm(),
    ];
    await actions[this.draw(actions.length)]!();
  }

  private failure() {
    const error = new AppError(FAILURES[this.draw(FAILURES.length)]!, 'not now.');
    return { error, afterwards: error.code === 'OUTCOME_UNKNOWN' && this.draw(2) === 0 };
  }

  private write(id: string, fields: Partial<MonitorSchedule>): void {
    const table = this.table!;
    const row = table.rows.get(id) ?? monitor(id, { createdAt: this.now, interval: 5 });
    table.write({ ...row, ...fields });
    const plan = this.plans.get(id) ?? { intervals: new Set<number>(), creations: new Set<number>() };
    plan.creations.add(row.createdAt);
    plan.intervals.add(table.rows.get(id)!.interval);
    this.plans.set(id, plan);
    if (this.draw(4) > 0) this.follower.onEvent({ type: 'monitor.updated', monitor: { id } });
  }

  private remove(id: string): void {
    if (!this.table!.rows.has(id) || this.draw(3) > 0) return;
    this.table!.rows.delete(id);
    if (this.draw(4) > 0) this.follower.onEvent({ type: 'monitor.deleted', id });
  }

  private async newTerm(): Promise<void> {
    if (this.s) await this.s.stop();
    const since = this.queue?.watermarkNow ?? this.now;
    this.now += this.draw(30_000);
    const env = { SCHEDULER_CATCH_UP: this.policy, SCHEDULER_CATCH_UP_WINDOW_S: '60' };
    const s = (this.s = new Scheduling(this.now, env, Math.min(since, this.now), this.queue));
    this.queue = s.queue;
    this.queue.clock = s.clock;
    const rows = this.table?.rows;
    this.table = new MonitorTable(s.clock);
    for (const row of rows?.values() ?? []) this.table.rows.set(row.id, row);
    const parts = { store: this.table.store, clock: s.clock, metrics: s.metrics, logger: s.logger };
    this.sync = new MonitorSync(parts, s.schedule, () => s.pump.wake(), s.lost.signal);
    this.follower = new Follower({ ...parts, sync: this.sync, signal: s.lost.signal });
    await this.sync.full('load');
    s.start();
  }
}

describe.each(['all', 'latest', 'none'])('whatever happens, with `%s`', (policy) => {
  it.each([1, 2, 3, 4, 5, 6])(
    'every tick lies on its monitor’s grid, none is early or too old, and the books balance (seed %i)',
    async (seed) => {
      const world = new World(seed, policy);
      await world.run(250);
      expect(world.s.queue.tasks.size).toBeGreaterThan(200);
      for (const [taskId, { at }] of world.s.queue.tasks) {
        const [id = '', planned] = taskId.split(':');
        const tick = Number(planned);
        const { intervals, creations } = world.plans.get(id)!;
        const isOnGrid =
          creations.has(tick) ||
          [...intervals].some((seconds) => (tick - phase(id, seconds * 1000)) % (seconds * 1000) === 0);
        expect({ taskId, isOnGrid }).toEqual({ taskId, isOnGrid: true });
        expect(at - tick).toBeGreaterThanOrEqual(0);
        expect(at - tick).toBeLessThanOrEqual(60_000);
      }
    },
  );
});

it('terms that follow one another leave no hole and nothing twice, with `all`', async () => {
  const draw = draws(11);
  const monitors = Array.from({ length: 20 }, (_, i) => monitor(`m${i}`, { interval: 1 + (i % 5) }));
  let queue: TaskSink | undefined;
  let now = START;
  for (let term = 0; term < 40; term += 1) {
    const since = queue?.watermarkNow ?? now;
    const s = new Scheduling(now, { SCHEDULER_CATCH_UP: 'all' }, since, queue);
    queue = s.queue;
    queue.clock = s.clock;
    s.start(...monitors);
    await s.advance(draw(8000));
    now = s.clock.now() + draw(9000);
    await s.stop();
    expect(s.books.snapshot().duplicate).toBe(0);
  }
  const end = queue!.watermarkNow!;
  for (const { id, interval } of monitors) {
    const period = interval * 1000;
    const planned = queue!.ids
      .filter((each) => each.startsWith(`${id}:`))
      .map((each) => Number(each.slice(id.length + 1)));
    const first = START - (START % period) + phase(id, period);
    const all = Array.from({ length: (end - START) / period + 2 }, (_, k) => first + k * period);
    expect(planned).toEqual(all.filter((tick) => tick > START && tick <= end));
  }
});
