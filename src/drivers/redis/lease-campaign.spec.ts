import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { AppError } from '../../core/errors.js';
import { LeaseCampaign } from './lease-campaign.js';
import type { Attempt } from './lease-server.js';
import type { LeaseTerm } from './lease-term.js';

const TTL = 10_000;

type Answer<T> = T | Error | Promise<T>;

/** A lease's server that answers by script: what is not scripted is granted. */
function started(
  script: {
    takes?: Answer<Attempt>[];
    renewals?: Answer<boolean>[];
    release?: Promise<void>;
    isAway?: boolean;
  } = {},
) {
  const clock = new ManualClock(0);
  const calls: string[] = [];
  const terms: LeaseTerm[] = [];
  const said: string[] = [];
  let number = 0;
  const next = async <T>(answers: Answer<T>[] | undefined, granted: T): Promise<T> => {
    const answer = answers?.shift() ?? granted;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const call = (name: string) => calls.push(`${clock.monotonic()} ${name}`);
  const server = {
    holder: 'me',
    settings: { key: 'k', ttlMs: TTL },
    take: () => {
      call('take');
      return next<Attempt>(script.takes, { state: 'taken', number: (number += 1), since: 0 });
    },
    renew: () => {
      call('renew');
      return next(script.renewals, true);
    },
    release: () => {
      call('release');
      return script.release ?? Promise.resolve();
    },
  };
  let failures = 0;
  const campaign = new LeaseCampaign({
    server,
    clock,
    logger: pino({}, { write: (line: string) => void said.push((JSON.parse(line) as { msg: string }).msg) }),
    metrics: { renewalFailed: () => (failures += 1) },
    isAway: () => script.isAway ?? false,
    onTerm: (term) => terms.push(term),
  });
  campaign.start();
  return { clock, campaign, calls, terms, said, failures: () => failures };
}

/** A promise that the test settles. */
function pending<T>() {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => (settle = resolve));
  return { promise, settle };
}

const away = new AppError('LEASE_UNAVAILABLE', 'Redis is away.');

describe('a campaign', () => {
  it('renews each half of the lease, and keeps its term', async () => {
    const { clock, campaign, calls, terms } = started();
    await turn();
    await clock.advance(20_000);
    expect(calls).toEqual(['0 take', '5000 renew', '10000 renew', '15000 renew', '20000 renew']);
    expect(terms).toHaveLength(1);
    expect(campaign.term).toBe(terms[0]);
    await campaign.resign(100);
    expect(calls.at(-1)).toBe('20000 release');
  });

  it('counts its time from before the command was sent, less what clocks may differ', async () => {
    const late = pending<Attempt>();
    const { clock, campaign, terms } = started({
      takes: [late.promise],
      renewals: [new Promise(() => undefined)],
    });
    clock.stall(4000);
    late.settle({ state: 'taken', number: 1, since: 0 });
    await turn();
    expect(campaign.term?.leftMs).toBe(TTL * 0.98 - 4000);
    await clock.advance(TTL * 0.98 - 4000 - 1);
    expect(campaign.term).not.toBeNull();
    await clock.advance(1);
    expect(terms[0]!.lost.aborted).toBe(true);
  });

  it('tries a renewal that fails again, in time', async () => {
    const { clock, campaign, calls, terms, said, failures } = started({ renewals: [away, away, away] });
    await turn();
    await clock.advance(9000);
    expect(calls.filter((call) => call.endsWith('renew'))).toHaveLength(4);
    expect(terms).toHaveLength(1);
    expect(campaign.term).toBe(terms[0]);
    expect(campaign.trouble).toBeNull();
    expect(failures()).toBe(3);
    expect(said).toEqual([
      'The lease k cannot be had or kept: Redis is away.',
      expect.stringContaining('over after'),
    ]);
  });

  it('loses the lease when no renewal comes in time, and goes on as a candidate', async () => {
    const { clock, campaign, terms } = started({ renewals: Array.from({ length: 500 }, () => away) });
    await turn();
    await clock.advance(9799);
    expect(campaign.term).toBe(terms[0]);
    await clock.advance(1);
    expect(terms[0]!.lost.aborted).toBe(true);
    expect(terms).toHaveLength(2);
  });

  it('does not believe an answer that comes too late, and takes the lease anew', async () => {
    const late = pending<boolean>();
    const { clock, campaign, terms, calls } = started({ renewals: [late.promise] });
    await turn();
    await clock.advance(5000);
    clock.stall(5000);
    late.settle(true);
    expect(campaign.term).toBeNull();
    await clock.advance(0);
    expect(terms.map(({ number }) => number)).toEqual([1, 2]);
    expect(terms[0]!.lost.aborted).toBe(true);
    expect(calls).toEqual(['0 take', '5000 renew', '10000 take']);
  });

  it('is over at once when another one has the lease', async () => {
    const held: Attempt = { state: 'held', endsMs: 3000 };
    const granted: Attempt = { state: 'taken', number: 1, since: 0 };
    const { clock, campaign, terms, calls } = started({ takes: [granted, held, held], renewals: [false] });
    await turn();
    await clock.advance(5000);
    expect(terms[0]!.lost.aborted).toBe(true);
    expect(campaign.term).toBeNull();
    // Then it asks when that lease ends, not before.
    await clock.advance(3050);
    expect(calls.slice(0, 3)).toEqual(['0 take', '5000 renew', '5000 take']);
    expect(calls).toHaveLength(4);
  });

  it('asks at once when it is told of a change, and otherwise only when the lease ends', async () => {
    const held: Attempt = { state: 'held', endsMs: 9000 };
    const { clock, campaign, calls } = started({ takes: [held, held] });
    await turn();
    await clock.advance(4000);
    campaign.look();
    await turn();
    await clock.advance(0);
    await clock.advance(8999);
    expect(calls).toEqual(['0 take', '4000 take']);
    await campaign.resign(0);
  });

  it('frees nothing when it was never in the running', async () => {
    const { campaign, calls } = started({ takes: [{ state: 'held', endsMs: 9000 }] });
    await turn();
    await campaign.resign(1000);
    expect(calls).toEqual(['0 take']);
  });

  it('waits for no lease that it never asked for, since the server was away', async () => {
    const takes = Array.from({ length: 50 }, () => away);
    const { clock, campaign, calls } = started({ takes, isAway: true });
    await turn();
    await clock.advance(5000);
    await campaign.resign(60_000);
    expect(calls.at(-1)).not.toContain('release');
  });

  it('frees its lease also when there is no time left for that', async () => {
    const { campaign, calls } = started();
    await turn();
    await campaign.resign(0);
    expect(calls).toEqual(['0 take', '0 release']);
  });

  it('does not wait for long to free it when there is no time left', async () => {
    const { clock, campaign } = started({ release: new Promise(() => undefined) });
    await turn();
    const resigned = campaign.resign(0);
    await clock.advance(1000);
    await resigned;
  });

  it('frees what a command took that is still on its way', async () => {
    const late = pending<Attempt>();
    const { clock, campaign, calls, terms } = started({ takes: [late.promise] });
    await turn();
    const resigned = campaign.resign(0);
    await clock.advance(10);
    await resigned;
    expect(calls).toEqual(['0 take', '0 release']);
    late.settle({ state: 'taken', number: 1, since: 0 });
    await turn();
    expect(terms).toEqual([]);
    expect(campaign.term).toBeNull();
  });

  it('says once that it must wait, however often it asks', async () => {
    const unsettled: Attempt = { state: 'unsettled', endsMs: 9000 };
    const held: Attempt = { state: 'held', endsMs: 9000 };
    const { campaign, said } = started({ takes: [unsettled, unsettled, held, held, unsettled] });
    for (let round = 0; round < 5; round += 1) {
      await turn();
      campaign.look();
    }
    await turn();
    expect(said).toEqual([
      expect.stringMatching(/not known yet .* for 9000 ms/),
      expect.stringContaining('Standing by'),
      expect.stringMatching(/not known yet .* for 9000 ms/),
    ]);
  });
});
