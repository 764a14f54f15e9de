import { beforeEach, describe, expect, it } from '@jest/globals';
import { limits, messageOf, resultOf } from '../../../../test/emitter/emitting.js';
import { ManualClock } from '../../../../test/support/manual-clock.js';
import type { EmitResult } from '../message.js';
import { Circuits } from './circuits.js';
import { SparedTarget } from './spared.target.js';

let clock: ManualClock;
let circuits: Circuits;
let result: EmitResult | Error | Promise<EmitResult>;
let sent: number;

const FAILED = resultOf();
const DELIVERED = resultOf({ end: 'delivered', status: 200 });

beforeEach(() => {
  clock = new ManualClock(0);
  circuits = new Circuits({ circuitFailures: 2, circuitOpenMs: 1000 }, clock, () => 0.999_999);
  [sent, result] = [0, FAILED];
});

function targetAt(address: string, of = circuits): SparedTarget {
  const sending = {
    shown: `POST ${address}`,
    address,
    wasReached: ({ status }: EmitResult) => status !== null,
    send: async () => {
      sent += 1;
      await Promise.resolve();
      if (result instanceof Error) throw result;
      return result;
    },
  };
  return new SparedTarget(sending, of.at(address));
}

const send = (target: SparedTarget) => target.send(messageOf(), limits());

/** Until the circuit of `a` is open. */
async function open(): Promise<SparedTarget> {
  const target = targetAt('a');
  for (let i = 0; i < 2; i += 1) await send(target);
  expect(target.circuitOpen).toBe(true);
  return target;
}

describe('a target with a circuit', () => {
  it('is spared after some messages in a row that it did not take, by all emitters with its address', async () => {
    await open();
    expect(targetAt('a').circuitOpen).toBe(true);
    expect(targetAt('b').circuitOpen).toBe(false);
    expect(circuits.states()).toEqual([
      { address: 'a', state: 'open' },
      { address: 'b', state: 'closed' },
    ]);
  });

  it('gives up without an attempt what comes all the same', async () => {
    const target = await open();
    sent = 0;
    const given = await send(target);
    expect(given).toMatchObject({ end: 'given up', attempts: 0, mayHaveArrived: false, aborted: false });
    expect(given.reason).toContain('circuit');
    expect(sent).toBe(0);
  });

  it('is tried by one message when its time is over; the others still find it open', async () => {
    const target = await open();
    await clock.advance(1000);
    expect(target.circuitOpen).toBe(false);
    result = DELIVERED;
    const probe = send(target);
    expect(target.circuitOpen).toBe(true);
    expect(await send(target)).toMatchObject({ attempts: 0 });
    await probe;
    expect(target.circuitOpen).toBe(false);
  });

  it.each([
    ['refuses with an answer', resultOf({ end: 'refused', status: 404 }), 'closed'],
    ['takes it', DELIVERED, 'closed'],
    ['fails', FAILED, 'open'],
    [
      'was not asked, for the request cannot be sent',
      resultOf({ end: 'refused', status: null }),
      'half-open',
    ],
    ['was not waited for', resultOf({ aborted: true }), 'half-open'],
    ['was not asked in time', resultOf({ attempts: 0 }), 'half-open'],
    ['broke in a way nobody foresaw', new Error('x'), 'half-open'],
  ])('lets the probe’s place go, whatever it comes to: %s', async (_, outcome, state) => {
    const target = await open();
    await clock.advance(1000);
    result = outcome;
    await send(target).catch(() => undefined);
    expect(circuits.states()).toEqual([{ address: 'a', state }]);
    await clock.advance(60_000);
    expect(target.circuitOpen).toBe(false);
  });

  it('is never spared for more than a minute', async () => {
    const target = await open();
    for (let i = 0; i < 10; i += 1) {
      await clock.advance(60_000);
      expect(target.circuitOpen).toBe(false);
      await send(target);
    }
  });

  it('is never spared at all where there is to be no circuit', async () => {
    const target = targetAt('a', new Circuits({ circuitFailures: 0, circuitOpenMs: 1000 }, clock));
    for (let i = 0; i < 20; i += 1) expect(await send(target)).toBe(FAILED);
    expect(target.circuitOpen).toBe(false);
  });
});
