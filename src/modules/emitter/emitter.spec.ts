import { setImmediate as turn } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { emitterTo, httpTo, listeningLogger, resultOf } from '../../../test/emitter/emitting.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import type { EmitterSettings, TickPolicies } from '../../config/emitter-settings.js';
import { Delivery } from './delivery.js';
import { Emitter } from './emitter.js';
import { EmitterMetrics } from './emitter.metrics.js';
import type { EmitMessage, EmitResult, Target } from './message.js';
import { balance } from './time/books.js';
import { Ticker } from './time/ticker.js';
import { OutcomeWindow } from './time/window.js';

const START = Date.UTC(2026, 0, 31, 12);

/** A target that answers when the test says so. */
class SlowTarget implements Target {
  readonly shown = 'a test';
  circuitOpen = false;
  readonly sent: EmitMessage[] = [];
  private readonly open: ((result: EmitResult) => void)[] = [];

  send(message: EmitMessage): Promise<EmitResult> {
    this.sent.push(message);
    return new Promise((resolve) => this.open.push(resolve));
  }

  async answerAll(): Promise<void> {
    while (this.open.length > 0) {
      for (const answer of this.open.splice(0)) answer(resultOf({ end: 'delivered' }));
      await turn();
      await turn();
    }
  }

  get plannedAt(): number[] {
    return this.sent.map(({ plannedAt }) => plannedAt - START);
  }
}

function start(policies: Partial<TickPolicies>, given: Partial<EmitterSettings> = {}) {
  const clock = new ManualClock(START);
  const registry = new Registry();
  const metrics = new EmitterMetrics(registry);
  const target = new SlowTarget();
  const { logger, lines } = listeningLogger();
  const window = new OutcomeWindow();
  const leading = { now: true };
  const settings = emitterTo(httpTo(new URL('http://localhost/')), {
    schedule: { kind: 'every', periodMs: 1000, onEpoch: false },
    policies: { missed: 'all', windowMs: 3_600_000, overlap: 'allow', maxInFlight: 4, ...policies },
    ...given,
  });
  const emitter = new Emitter(settings, {
    target,
    window,
    payload: { next: () => '{}', trouble: null },
    delivery: new Delivery(settings.name, {
      target,
      window,
      givenUp: { add: () => Promise.resolve(true) },
      logger,
      isHttp: true,
    }),
    preflight: null,
    leads: () => leading.now,
    tickerOf: (onDue) => new Ticker({ settings, clock, logger, onDue }),
    metrics,
    clock,
    logger,
  });
  emitter.start();
  return { clock, target, emitter, registry, lines, leading };
}

describe('an emitter', () => {
  it('makes up for all that was missed, the oldest first, as places get free', async () => {
    const { clock, target, emitter } = start({});
    clock.stall(60_400);
    await clock.advance(0);
    expect(target.plannedAt).toEqual([1000, 2000, 3000, 4000]);
    await target.answerAll();
    // The newest was due now and found no place; each of the others had one in the end.
    expect(target.plannedAt).toEqual(Array.from({ length: 59 }, (_, i) => (i + 1) * 1000));
    expect(emitter.books.snapshot()).toMatchObject({
      planned: 60,
      delivered: 59,
      skipped: { overlap: 1, missed: 0 },
    });
    emitter.endTicks();
  });

  it.each<[Partial<TickPolicies>, number]>([
    [{ windowMs: 30_000 }, 30],
    [{ overlap: 'queue' }, 60],
    [{ overlap: 'skip' }, 59],
  ])('makes up under %j for %i', async (policies, sent) => {
    const { clock, target, emitter } = start(policies);
    clock.stall(60_400);
    await clock.advance(0);
    await target.answerAll();
    const books = emitter.books.snapshot();
    expect(balance(books)).toEqual({ planned: 0, sent: 0 });
    expect(books.planned).toBe(60);
    expect([sent - 1, sent]).toContain(books.delivered);
    emitter.endTicks();
  });

  it('counts the ticks of a process that does not lead, and sends them by hand only', async () => {
    const { clock, target, emitter, leading, lines } = start({ maxInFlight: 100 });
    leading.now = false;
    expect(emitter.state).toBe('standby');
    await emitter.prepare();
    await clock.advance(3000);
    expect(emitter.books.snapshot()).toMatchObject({ planned: 3, skipped: { not_leader: 3 } });
    emitter.trigger();
    expect(target.plannedAt).toEqual([3000]);
    leading.now = true;
    expect(emitter.state).toBe('running');
    await clock.advance(2000);
    // On its old grid, and nothing is made up for that was another one's to send.
    expect(target.plannedAt).toEqual([3000, 4000, 5000]);
    expect(balance(emitter.books.snapshot())).toEqual({ planned: 0, sent: 0 });
    expect(lines).toEqual([]);
    emitter.endTicks();
  });

  it('sends nothing that it missed while it was stopped and another one led', async () => {
    const { clock, target, emitter, leading } = start({});
    clock.stall(60_400);
    leading.now = false;
    await clock.advance(0);
    await target.answerAll();
    expect(target.sent).toEqual([]);
    expect(balance(emitter.books.snapshot())).toEqual({ planned: 0, sent: 0 });
    expect(emitter.books.snapshot().planned).toBe(60);
    emitter.endTicks();
  });

  it('tells of ticks that it skips, and counts what waits when it stops as missed', async () => {
    const { clock, target, emitter, registry, lines } = start({});
    clock.stall(20_400);
    await clock.advance(0);
    target.circuitOpen = true;
    await clock.advance(1000);
    expect(lines.map(({ msg }) => msg)).toEqual([
      'Emitter alpha skips ticks: as many messages are in flight as may be: the target is too slow, or raise max_in_flight.',
    ]);
    emitter.endTicks();
    const books = emitter.books.snapshot();
    expect(books).toMatchObject({
      planned: 21,
      inFlight: 4,
      skipped: { overlap: 1, circuit: 1, missed: 15 },
    });
    expect(balance(books)).toEqual({ planned: 0, sent: 0 });
    const metrics = await registry.metrics();
    expect(metrics).toContain('carillon_emitter_planned_total{emitter="alpha"} 21');
    expect(metrics).toContain('carillon_emitter_skipped_total{emitter="alpha",reason="missed"} 15');
    await clock.advance(60_000);
    expect(emitter.books.snapshot().planned).toBe(21);
    expect(() => emitter.trigger()).toThrow(expect.objectContaining({ code: 'SHUTTING_DOWN' }));
  });
});
