import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LeaderLease, Term } from '../../src/ports/leader-lease.port.js';
import { eventually } from '../support/eventually.js';

/** One place where a lease is, for one test. */
export interface LeasePlace {
  /** How long a lease lasts there, milliseconds. */
  ttlMs: number;
  /** One candidate more, as another process would be. */
  open(): Promise<LeaderLease>;
}

/** The promises of LeaderLease as tests; every driver runs them. `makePlace` answers a place that nobody has led at. */
export function describeLeaderLease(driver: string, makePlace: () => Promise<LeasePlace>): void {
  describe(`LeaderLease (${driver})`, () => {
    let place: LeasePlace;
    const opened: LeaderLease[] = [];
    beforeEach(async () => {
      place = await makePlace();
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((lease) => lease.close(1000)));
    });
    const open = async () => {
      const lease = await place.open();
      opened.push(lease);
      return lease;
    };

    it('names its driver and itself, and answers a ping', async () => {
      const [one, other] = [await open(), await open()];
      expect(one.driver).toBe(driver);
      expect(one.holder).toMatch(/^.+:\d+:[0-9a-f]{8}$/);
      expect(one.holder).not.toBe(other.holder);
      await expect(one.ping()).resolves.toBeUndefined();
    });

    it('leads nobody who is no candidate', async () => {
      const lease = await open();
      expect(lease.term).toBeNull();
      expect(await lease.look()).toEqual({ holder: null, term: null, since: null, leftMs: null });
      await lease.resign(1000);
    });

    describe('a candidate', () => leading(open, () => place));
    describe('several candidates', () => handingOver(open, () => place));
  });
}

type Open = () => Promise<LeaderLease>;

/** A candidate, and the terms that it was told of. */
function candidate(lease: LeaderLease) {
  const terms: Term[] = [];
  lease.campaign((term) => terms.push(term));
  return { lease, terms };
}

async function wonBy(...leases: LeaderLease[]): Promise<Term> {
  return eventually(() => {
    const terms = leases.flatMap(({ term }) => term ?? []);
    expect(terms).toHaveLength(1);
    return terms[0]!;
  });
}

function leading(open: Open, place: () => LeasePlace): void {
  it('that is alone leads, and is told so once', async () => {
    const { lease, terms } = candidate(await open());
    const term = await wonBy(lease);
    expect(terms).toHaveLength(1);
    expect(terms[0]).toBe(term);
    expect(term.number).toBeGreaterThan(0);
    expect(Number.isSafeInteger(term.number)).toBe(true);
    expect(Math.abs(term.since - Date.now())).toBeLessThan(60_000);
    expect(term.lost.aborted).toBe(false);
    expect(term.leftMs).toBeGreaterThan(0);
    expect(term.fence).toMatchObject({ holder: lease.holder, isHeld: true });
    const { leftMs, ...view } = await lease.look();
    expect(view).toEqual({ holder: lease.holder, term: term.number, since: term.since });
    if (leftMs !== null) expect(leftMs).toBeLessThanOrEqual(place().ttlMs);
    expect(lease.trouble).toBeNull();
  });

  it('keeps its term for longer than a lease lasts', async () => {
    const { lease, terms } = candidate(await open());
    await wonBy(lease);
    const until = performance.now() + 3 * place().ttlMs;
    while (performance.now() < until) {
      expect(lease.term).toBe(terms[0]);
      await delay(place().ttlMs / 20);
    }
    expect(terms).toHaveLength(1);
  });

  it('tells a second listener of the term that runs', async () => {
    const { lease } = candidate(await open());
    const term = await wonBy(lease);
    const told: Term[] = [];
    lease.campaign((one) => told.push(one));
    await turn();
    expect(told).toHaveLength(1);
    expect(told[0]).toBe(term);
  });

  it('tells a listener that is added by another one once', async () => {
    const lease = await open();
    const told: Term[] = [];
    lease.campaign(() => lease.campaign((one) => told.push(one)));
    const term = await wonBy(lease);
    await turn();
    expect(told).toEqual([term]);
  });

  it('leads whatever a listener throws, and tells the others', async () => {
    const lease = await open();
    const terms: Term[] = [];
    const broken = () => {
      throw new Error('broken listener');
    };
    lease.campaign(broken);
    lease.campaign((term) => terms.push(term));
    const term = await wonBy(lease);
    lease.campaign(broken);
    await turn();
    expect(terms).toEqual([term]);
    expect(lease.term).toBe(term);
    expect(lease.trouble).toBeNull();
  });

  it('has no term from the moment of its resignation on, and never again', async () => {
    const { lease, terms } = candidate(await open());
    const term = await wonBy(lease);
    const resigned = lease.resign(5000);
    expect(lease.term).toBeNull();
    expect(term.lost.aborted).toBe(true);
    expect(term.lost.reason).toMatchObject({ code: 'LEASE_LOST' });
    expect(term.fence.isHeld).toBe(false);
    expect(term.leftMs).toBe(0);
    await resigned;
    expect((await lease.look()).holder).toBeNull();
    lease.campaign((one) => terms.push(one));
    await delay(place().ttlMs / 4);
    expect(terms).toHaveLength(1);
    expect(lease.term).toBeNull();
  });

  it('that is closed answers nothing any more', async () => {
    const { lease } = candidate(await open());
    // Others of the process may use the same connection or file.
    await open();
    await lease.close(1000);
    await expect(lease.look()).rejects.toMatchObject({ code: 'LEASE_UNAVAILABLE' });
    await expect(lease.ping()).rejects.toMatchObject({ code: 'LEASE_UNAVAILABLE' });
  });
}

function handingOver(open: Open, place: () => LeasePlace): void {
  it('have one leader at any instant', async () => {
    const candidates = await Promise.all(Array.from({ length: 5 }, async () => candidate(await open())));
    const leases = candidates.map(({ lease }) => lease);
    const term = await wonBy(...leases);
    const until = performance.now() + 2 * place().ttlMs;
    while (performance.now() < until) {
      expect(leases.flatMap((lease) => lease.term?.number ?? [])).toEqual([term.number]);
      await delay(5);
    }
    const views = await Promise.all(leases.map((lease) => lease.look()));
    for (const view of views) expect(view).toMatchObject({ holder: term.fence.holder, term: term.number });
    expect(candidates.flatMap(({ terms }) => terms.map(({ number }) => number))).toEqual([term.number]);
  });

  it('follow one another at once, in terms that rise, when each resigns or closes', async () => {
    let waiting = await Promise.all(Array.from({ length: 6 }, async () => candidate(await open()).lease));
    let last = 0;
    for (let round = 0; waiting.length > 0; round += 1) {
      const leases = waiting;
      const term = await wonBy(...leases);
      expect(term.number).toBeGreaterThan(last);
      last = term.number;
      const leader = leases.find((lease) => lease.term === term)!;
      waiting = leases.filter((lease) => lease !== leader);
      const before = performance.now();
      await (round % 2 === 0 ? leader.resign(5000) : leader.close(5000));
      if (waiting.length === 0) break;
      await wonBy(...waiting);
      // A lease that nobody freed would still last for half its time at least.
      expect(performance.now() - before).toBeLessThan(Math.max(place().ttlMs / 2, 200));
    }
  });

  it('lose nothing when one that waits resigns', async () => {
    const leader = candidate(await open());
    const term = await wonBy(leader.lease);
    const other = candidate(await open());
    await delay(50);
    await other.lease.resign(1000);
    await delay(place().ttlMs);
    expect(leader.lease.term).toBe(term);
    expect(other.terms).toEqual([]);
  });
}
