import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { ManualClock } from '../../../../test/support/manual-clock.js';
import type { Schedule } from '../../../config/emitter-settings.js';
import { balance, Books, SKIP_REASONS, type Entry } from './books.js';
import { Flights } from './flights.js';
import { Ticker } from './ticker.js';

const EVEN = { planned: 0, sent: 0 };

describe('Books', () => {
  it('keep what became of each', () => {
    const books = new Books();
    books.skip('missed', 3);
    books.skip('paused');
    const [a, b, c, d, e] = Array.from({ length: 5 }, () => books.send());
    a?.end('delivered');
    b?.end('refused');
    c?.end('given up');
    d?.skip('circuit');
    expect(books.snapshot()).toEqual({
      planned: 9,
      sent: 4,
      skipped: { missed: 3, overlap: 0, paused: 1, circuit: 1, not_leader: 0 },
      delivered: 1,
      refused: 1,
      givenUp: 1,
      inFlight: 1,
    });
    expect(balance(books.snapshot())).toEqual(EVEN);
    e?.end('delivered');
    e?.end('refused');
    e?.skip('overlap');
    a?.end('given up');
    expect(books.snapshot()).toMatchObject({ planned: 9, sent: 4, delivered: 2, refused: 1, inFlight: 0 });
  });

  it('are seen to be wrong by the check when they are', () => {
    const books = new Books();
    books.send();
    expect(balance({ ...books.snapshot(), planned: 3 })).toEqual({ planned: 2, sent: 0 });
    expect(balance({ ...books.snapshot(), inFlight: 0 })).toEqual({ planned: 0, sent: 1 });
  });
});

/** A number from 0 to 1, the same on each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** An emitter as the service builds it, whose sends take, fail and are skipped by lot; time goes by lot as well. */
async function liveOnce(seed: number): Promise<void> {
  const random = seeded(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const clock = new ManualClock(1_777_777_777_777 + Math.floor(random() * 1e9));
  const books = new Books();
  const schedules: Schedule[] = [
    { kind: 'every', periodMs: 1 + Math.floor(random() * 5000), onEpoch: random() < 0.5 },
    {
      kind: 'cron',
      line: pick(['* * * * * *', '*/7 * * * * *', '* * * * *', '0,30 0-23 * * *']),
      zone: 'Australia/Lord_Howe',
    },
  ];
  const policies = {
    missed: pick(['skip', 'latest', 'all'] as const),
    windowMs: Math.floor(random() * 100_000),
    overlap: pick(['skip', 'queue', 'allow'] as const),
    maxInFlight: 1 + Math.floor(random() * 5),
  };
  let seen = 0;
  const flights = new Flights<{ entry: Entry }>({
    policies,
    run: async ({ entry }) => {
      if (random() < 0.1) return entry.skip('circuit');
      await clock.sleep(Math.floor(random() * 8000));
      entry.end(pick(['delivered', 'refused', 'given up'] as const));
    },
    onError: (error) => {
      throw error;
    },
  });
  const ticker = new Ticker({
    settings: { name: 'e', schedule: pick(schedules), firstAtOnce: random() < 0.5, policies },
    clock,
    logger: pino({ level: 'silent' }),
    onDue: ({ ticks, missed }) => {
      seen += ticks.length + missed;
      books.skip('missed', missed);
      for (let i = 0; i < ticks.length; i += 1) {
        if (random() < 0.1) books.skip(pick(SKIP_REASONS));
        else if (flights.hasRoom) flights.offer({ entry: books.send() });
        else books.skip('overlap');
      }
    },
  });
  ticker.start();
  for (let step = 0; step < 40; step += 1) {
    if (random() < 0.2) clock.stall(Math.floor(random() * 300_000));
    if (random() < 0.1) clock.stepWall(Math.floor((random() - 0.5) * 3 * 3_600_000));
    await clock.advance(Math.floor(random() * 2000));
    expect([seed, balance(books.snapshot())]).toEqual([seed, EVEN]);
    expect(books.snapshot()).toMatchObject({ planned: seen, inFlight: flights.inFlight + flights.waiting });
  }
  ticker.stop();
  for (const { entry } of flights.abandon()) entry.end('given up');
  const idle = flights.idle();
  await clock.advance(10_000);
  await idle;
  expect(balance(books.snapshot())).toEqual(EVEN);
  expect(books.snapshot().inFlight).toBe(0);
}

it('balance at every moment of forty random lives', async () => {
  for (let seed = 1; seed <= 40; seed += 1) await liveOnce(seed);
});
