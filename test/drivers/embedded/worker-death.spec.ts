import type { NewRecord } from '../../../src/ports/record-log.port.js';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import {
  codes,
  expectExactly,
  readAll,
  record,
  shapeOf,
  shapeOfSent,
  unusedName,
} from '../../contracts/record-log.support.js';
import { systemClock } from '../../../src/core/clock.js';
import { Database } from '../../../src/drivers/embedded/database.js';
import { embeddedVariables } from '../../../src/drivers/embedded/embedded.variables.js';
import { EmbeddedIdempotencyStore } from '../../../src/drivers/embedded/idempotency-store.js';
import { keyRequest } from '../../contracts/idempotency-store.contract.js';
import { driverContext } from '../../support/driver-context.js';
import { openBoth } from './support/open.js';

describe('the death of the worker thread', () => {
  it('leaves what it had OUTCOME_UNKNOWN, writes what it had not, and is over by itself', async () => {
    const { log, database, close } = await openBoth(await driverContext());
    const topic = unusedName();
    const sent: NewRecord[] = [record(topic)];
    const outcomes = await log.append(sent);
    for (let death = 0; death < 5; death++) {
      const atWork = Array.from({ length: 60 }, () => record(topic, { value: 'x'.repeat(100_000) }));
      const calls = atWork.map((one) => log.append([one]));
      await nextTurn();
      await database.crash();
      const after = Array.from({ length: 30 }, () => record(topic));
      sent.push(...atWork, ...after);
      const [known, written] = await Promise.all([Promise.all(calls), log.append(after)]);
      expect(new Set(codes(written))).toEqual(new Set(['ok']));
      outcomes.push(...known.flat(), ...written);
    }
    expect(new Set(codes(outcomes))).toEqual(new Set(['ok', 'OUTCOME_UNKNOWN']));

    const stored = (await readAll(log, topic)).map(shapeOf);
    const places = new Map(stored.map((one) => [`${one.partition}/${one.offset}`, one]));
    outcomes.forEach((outcome, i) => {
      if (outcome.ok)
        expect(places.get(`${outcome.partition}/${outcome.offset}`)).toEqual(shapeOfSent(sent[i]!, outcome));
    });
    // What was unknown is there once at most.
    expect(stored.length).toBeLessThanOrEqual(sent.length);
    await close();
  }, 60_000);

  it('ends in reads that say so, and followers go on', async () => {
    const { log, database, close } = await openBoth(await driverContext());
    const topic = unusedName();
    const first = [record(topic)];
    const outcomes = await log.append(first);
    const abort = new AbortController();
    const groups = await log.tail(topic, abort.signal);
    const followed = (async () => {
      for await (const group of groups) return group.length;
      return 0;
    })();
    await delay(20);
    await database.crash();
    await expect(log.ping()).rejects.toMatchObject({ code: 'RECORD_LOG_UNAVAILABLE', retryable: true });
    await expect(log.offsets(topic)).rejects.toMatchObject({ code: 'RECORD_LOG_UNAVAILABLE' });
    const more = [record(topic)];
    outcomes.push(...(await log.append(more)));
    expect(await followed).toBe(1);
    await expectExactly(log, topic, [...first, ...more], outcomes);
    await close();
  }, 30_000);

  it('loses no key in progress, and writes later what could not be settled', async () => {
    const context = await driverContext();
    const database = await Database.open(embeddedVariables.parse({}), context);
    const options = { timeoutMs: 5_000, sweepEveryMs: 500, clock: systemClock, logger: context.logger };
    const store = new EmbeddedIdempotencyStore(database, options);
    const [held, settled, released] = [keyRequest(), keyRequest(), keyRequest()];
    for (const request of [held, settled, released]) await store.claim(request);
    await database.crash();
    const UNAVAILABLE = { code: 'IDEMPOTENCY_STORE_UNAVAILABLE', retryable: true };
    const send = { at: 1, outcomes: [{ partition: 0, offset: 7 }] };
    await expect(store.settle(settled, send)).rejects.toMatchObject(UNAVAILABLE);
    await expect(store.release(released.key)).rejects.toMatchObject(UNAVAILABLE);
    await expect(store.claim(keyRequest())).rejects.toMatchObject(UNAVAILABLE);
    expect(await store.claim(held)).toEqual({ state: 'in-progress' });
    expect(await store.claim(settled)).toEqual({ state: 'settled', send });
    expect(await store.claim(released)).toEqual({ state: 'in-progress' });

    let claim = await store.claim(released);
    for (let i = 0; i < 100 && claim.state !== 'claimed'; i++) {
      await delay(50);
      claim = await store.claim(released);
    }
    expect(claim).toEqual({ state: 'claimed' });
    expect(await store.close(5_000)).toBeNull();
    const again = await openBoth(context);
    expect(await again.store.claim(settled)).toEqual({ state: 'settled', send });
    expect(await again.store.claim(held)).toEqual({ state: 'unknown' });
    await again.close();
  }, 30_000);
});
