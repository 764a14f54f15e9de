import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { limits, messageOf, resultOf } from '../../../../test/emitter/emitting.js';
import { eventually } from '../../../../test/support/eventually.js';
import { ManualClock } from '../../../../test/support/manual-clock.js';
import type { EmitMessage, EmitResult, Target } from '../message.js';
import { entryId } from './entry.js';
import { GivenUpFolder } from './given-up-folder.js';
import { Resender } from './resend.js';

const DELIVERED = resultOf({ end: 'delivered', reason: 'answered 201', status: 201 });
const REFUSED = resultOf({ end: 'refused', reason: 'answered 422', status: 422 });

let folder: string;
let clock: ManualClock;
let givenUp: GivenUpFolder;
let resender: Resender;
let kept: EmitMessage[];
let ids: string[];
let sent: EmitMessage[];
/** What each send comes to; then it is delivered. */
let script: (EmitResult | (() => Promise<EmitResult>))[];
let circuitOpen: boolean;

const target: Target = {
  shown: 'POST http://a.example',
  get circuitOpen() {
    return circuitOpen;
  },
  send: (message) => {
    sent.push(message);
    const next = script.shift() ?? DELIVERED;
    return typeof next === 'function' ? next() : Promise.resolve(next);
  },
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carillon-resend-'));
  clock = new ManualClock(Date.UTC(2026, 1, 1));
  givenUp = new GivenUpFolder({ folder, most: 5000 }, { logger: pino({ level: 'silent' }), clock });
  resender = new Resender(givenUp, clock);
  kept = [1, 2, 3, 4].map(() => messageOf());
  ids = kept.map(entryId);
  [sent, script, circuitOpen] = [[], [], false];
  for (const message of [...kept].reverse()) await givenUp.add(message, resultOf());
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const resend = (wanted: string[] | null = null, dryRun = false, signal?: AbortSignal) =>
  resender.resend('alpha', { ids: wanted, dryRun }, { target, limits: limits(signal ? { signal } : {}) });

const firstSend = () => eventually(() => expect(sent).toHaveLength(1));

describe('sending again', () => {
  it('sends all as they were, the earliest planned first, and removes what is delivered', async () => {
    expect(await resend()).toEqual({ ids, missing: [], failed: [], stopped: null });
    expect(sent).toEqual(kept);
    expect(await givenUp.ids('alpha')).toEqual([]);
    expect(givenUp.files.get('alpha')).toBe(0);
    expect(await resend()).toEqual({ ids: [], missing: [], failed: [], stopped: null });
  });

  it('sends those that are named, once each, and says which are not there', async () => {
    const unknown = entryId(messageOf());
    const result = await resend([ids[2]!, '../../etc/passwd', ids[0]!, ids[2]!, unknown]);
    expect(result).toMatchObject({ ids: [ids[0], ids[2]], failed: [] });
    expect(result.missing.sort()).toEqual(['../../etc/passwd', unknown]);
    expect(await givenUp.ids('alpha')).toEqual([ids[1], ids[3]]);
  });

  it('only looks in a dry run', async () => {
    circuitOpen = true;
    expect(await resend(null, true)).toEqual({ ids, missing: [], failed: [], stopped: null });
    expect(sent).toEqual([]);
    expect(await givenUp.ids('alpha')).toHaveLength(4);
  });

  it('keeps what is refused again, and goes on', async () => {
    script = [DELIVERED, REFUSED];
    const failed = [{ id: ids[1], reason: 'answered 422', retryable: false }];
    expect(await resend()).toMatchObject({ ids: [ids[0], ids[2], ids[3]], failed, stopped: null });
    expect(await givenUp.ids('alpha')).toEqual([ids[1]]);
  });

  it('goes on past a message that always fails', async () => {
    const poison = ids[0];
    for (const more of [3, 1]) {
      script = [resultOf()];
      const result = await resend();
      expect(result).toMatchObject({ failed: [{ id: poison, retryable: true }], stopped: null });
      expect(result.ids).toHaveLength(more);
      await givenUp.add(messageOf(), resultOf());
    }
    expect(await givenUp.ids('alpha')).toHaveLength(2);
  });

  it('ends where the target has taken nothing three times in a row', async () => {
    for (let i = 0; i < 4; i += 1) await givenUp.add(messageOf(), resultOf());
    const all = await givenUp.ids('alpha');
    await writeFile(join(folder, 'alpha', `${all[4]}.json`), '{}');
    script = [resultOf(), resultOf(), REFUSED, resultOf(), resultOf(), resultOf()];
    const result = await resend();
    expect(result).toMatchObject({ ids: [], stopped: expect.stringContaining('takes nothing') });
    expect(result.failed.map(({ id }) => id)).toEqual(all.slice(0, 7));
    expect(sent).toHaveLength(6);
    expect(await givenUp.ids('alpha')).toEqual(all);
  });

  it('ends where the circuit opens meanwhile', async () => {
    script = [() => Promise.resolve(((circuitOpen = true), resultOf()))];
    expect((await resend()).stopped).toContain('circuit');
    expect(sent).toHaveLength(1);
  });

  it('does not begin while the circuit is open, nor after the stop', async () => {
    circuitOpen = true;
    expect((await resend()).stopped).toContain('circuit');
    circuitOpen = false;
    expect((await resend(null, false, AbortSignal.abort())).stopped).toContain('process stops');
    expect(sent).toEqual([]);
  });

  it('ends when its time is over', async () => {
    script = [() => clock.sleep(30_000).then(() => DELIVERED)];
    const result = resend();
    await firstSend();
    await clock.advance(30_000);
    expect(await result).toMatchObject({ ids: [ids[0]], failed: [], stopped: 'the time of a call is over' });
    expect(sent).toHaveLength(1);
  });

  it('takes no more than 1000 a call', async () => {
    const more = Array.from({ length: 997 }, () => messageOf());
    await Promise.all(more.map((message) => givenUp.add(message, resultOf())));
    const result = await resend(null, true);
    expect(result.ids).toHaveLength(1000);
    expect(result.stopped).toContain('1000');
  });

  it('holds no other up for a file that is damaged', async () => {
    await writeFile(join(folder, 'alpha', `${ids[1]}.json`), '{}');
    const result = await resend();
    expect(result).toMatchObject({ ids: [ids[0], ids[2], ids[3]], stopped: null });
    expect(result.failed).toEqual([
      { id: ids[1], reason: expect.stringContaining('cannot be read'), retryable: false },
    ]);
    expect((await resend(null, true)).failed).toHaveLength(1);
  });

  it('does not mind that somebody discarded a message meanwhile', async () => {
    script = [() => givenUp.discard('alpha', ids[0]!).then(() => DELIVERED)];
    expect(await resend([ids[0]!, ids[1]!])).toMatchObject({
      ids: ids.slice(0, 2),
      missing: [],
      failed: [],
      stopped: null,
    });
  });

  it('is done by one at a time for each emitter', async () => {
    let answer: (result: EmitResult) => void = () => undefined;
    script = [() => new Promise((resolve) => (answer = resolve))];
    const first = resend();
    await firstSend();
    await expect(resend()).rejects.toMatchObject({ code: 'RESEND_IN_PROGRESS', retryable: true });
    const other = { ids: null, dryRun: false };
    await expect(resender.resend('beta', other, { target, limits: limits() })).resolves.toMatchObject({
      ids: [],
    });
    answer(DELIVERED);
    await first;
    await expect(resend()).resolves.toMatchObject({ ids: [] });
  });
});
