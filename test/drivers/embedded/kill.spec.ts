import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { IdempotencyStore } from '../../../src/ports/idempotency-store.port.js';
import type { RecordLog } from '../../../src/ports/record-log.port.js';
import { readAll } from '../../contracts/record-log.support.js';
import { driverContext } from '../../support/driver-context.js';
import { startChild, type Said } from './support/child.js';
import { openBoth } from './support/open.js';

const ROUNDS = 12;

interface Place {
  topic: string;
  partition: number;
  offset: number;
}

/** Where each record of a round lies, by the id that its value begins with; offsets have no gap, ids no twin. */
async function placesOf(log: RecordLog, round: number): Promise<Map<string, Place>> {
  const places = new Map<string, Place>();
  for (const topic of (await log.topics()).filter((name) => name.startsWith(`round-${round}-`))) {
    const next = new Map<number, number>();
    for (const { partition, offset, value } of await readAll(log, topic, 5_000)) {
      const id = value!.toString().split(' ')[0]!;
      const expected = next.get(partition) ?? 0;
      if (offset !== expected || places.has(id))
        throw new Error(`${id} at ${partition}/${offset}, not ${expected}`);
      next.set(partition, offset + 1);
      places.set(id, { topic, partition, offset });
    }
  }
  return places;
}

/** The acknowledged records that do not lie where they were said to. */
function misplaced(said: readonly Said[], places: ReadonlyMap<string, Place>) {
  return said
    .flatMap(({ written }) => written ?? [])
    .filter(({ id, ok, ...told }) => {
      const place = places.get(id);
      return (
        !ok || (['topic', 'partition', 'offset'] as const).some((field) => place?.[field] !== told[field])
      );
    });
}

/** Of each key: as many of its records as are there, and what a repeat of it is told. */
async function keysOf(said: readonly Said[], places: ReadonlyMap<string, Place>, store: IdempotencyStore) {
  const keyed = said.filter(({ key }) => key !== undefined);
  return Promise.all(
    keyed.map(async ({ key, ids }) => ({
      records: ids!.length,
      found: ids!.flatMap((id) => places.get(id) ?? []),
      claim: await store.claim({
        key: key!,
        fingerprint: 'f',
        expiresAt: Date.now() + 1_000,
        durable: false,
      }),
    })),
  );
}

describe('a process killed with SIGKILL while it appends', () => {
  it(`loses nothing that was reported, ${ROUNDS} times, and settles a key exactly when its records are there`, async () => {
    const context = await driverContext({ idempotencyMaxKeys: 1_000_000 });
    let reported = 0;
    let keysLeftOpen = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const child = startChild(context.dataFolder, round, 'append');
      await child.ready;
      await delay(60 + 40 * (round % 5));
      await child.kill();

      const { log, store, close } = await openBoth(context);
      const places = await placesOf(log, round);
      expect(misplaced(child.said, places)).toEqual([]);
      for (const { records, found, claim } of await keysOf(child.said, places, store)) {
        if (found.length === 0) {
          expect(claim).toEqual({ state: 'claimed' });
          keysLeftOpen += 1;
          continue;
        }
        const outcomes = found.map(({ partition, offset }) => ({ partition, offset }));
        expect(outcomes).toHaveLength(records);
        expect(claim).toEqual({ state: 'settled', send: { at: 1, outcomes } });
      }
      reported += child.said.reduce((sum, { written }) => sum + (written?.length ?? 0), 0);
      await close();
    }
    // The kills came in the middle of work.
    expect(reported).toBeGreaterThan(1_000);
    expect(keysLeftOpen).toBeGreaterThan(0);
  }, 120_000);
});

describe('a process that exits while it appends', () => {
  it('ends with its own exit code: SQLite’s thread is not torn out of its work', async () => {
    for (let round = 0; round < 3; round++) {
      const child = startChild((await driverContext()).dataFolder, round, 'exit');
      expect(await once(child.process, 'exit')).toEqual([7, null]);
    }
  }, 30_000);
});
