import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FaultyOperation, Losefs } from '../support/losefs.js';
import { describeWithServers } from '../support/servers/index.js';
import { ServiceLoad, type Told } from './service-load.js';
import { wrongAfterCut } from './service-wrong.js';
import { Surroundings } from './surroundings.js';
import { cutPower, mountedForEachTest, REAL_CUTS, SEED, STATES, survey } from './survey.js';

const ROUNDS = 24;
const TEST_MS = 900_000;

describeWithServers(['losefs'], `the embedded drivers after a power cut (TEST_SEED=${SEED})`, () => {
  let around: Surroundings;
  beforeAll(async () => {
    around = await Surroundings.start();
  });
  afterAll(() => around.close());
  const start = mountedForEachTest();

  const wrongStates = (losefs: Losefs, states = STATES) =>
    survey<Told>(losefs, (folder, told) => wrongAfterCut(folder, told, around), states);

  it(
    `keep their promises in ${STATES} states of a run`,
    async () => {
      const losefs = await start();
      const load = await ServiceLoad.start(losefs, around, { rounds: ROUNDS });
      await load.done();
      await load.kill();
      expect(load.refused).toEqual([]);
      expect(await wrongStates(losefs)).toEqual([]);
    },
    TEST_MS,
  );

  it.each([
    ['commit of carillon.db', /carillon\.db-wal$/, 'fsync', /disk I\/O error/],
    ['commit of monitors.db', /monitors\.db-wal$/, 'fsync', /disk I\/O error/],
    ['dead letter', /given-up\/.*\.tmp$/, 'fsync', /is lost.*EIO/],
    ["dead letter's name", /given-up\//, 'fsync-folder', /is lost.*EIO/],
  ] as const)(
    `acknowledge nothing behind an fsync that failed: a %s`,
    async (_, path, operation, told) => {
      const losefs = await start();
      const operations: FaultyOperation[] = operation === 'fsync' ? ['fsync', 'fdatasync'] : [operation];
      const fault = await losefs.fault({ operations, path, skip: 12, times: 2, error: 'EIO' });
      const load = await ServiceLoad.start(losefs, around, { rounds: ROUNDS });
      await load.done();
      await load.kill();
      expect(await fault.count()).toBe(2);
      expect(load.log.join('\n')).toMatch(told);
      expect(await wrongStates(losefs, STATES / 4)).toEqual([]);
    },
    TEST_MS,
  );

  it(
    `keep their promises after ${REAL_CUTS} cuts in the middle of the work`,
    async () => {
      const losefs = await start();
      const told: Told[] = [];
      for (let cut = 1; cut <= REAL_CUTS; cut++) {
        const load = await ServiceLoad.start(losefs, around, { rounds: Infinity, run: cut });
        await load.told(60 * cut);
        told.push(...(await cutPower<Told>(losefs, SEED + cut, () => load.kill())));
        expect(await wrongAfterCut(losefs.disk, told, around)).toEqual([]);
        await losefs.mount();
      }
    },
    TEST_MS,
  );

  describe('notice', () => {
    it.each([
      'carillon.db: synchronous=OFF',
      'carillon.db: synchronous=NORMAL',
      'monitors.db: synchronous=OFF',
      'monitors.db: synchronous=NORMAL',
      'no-file-fsync',
      'no-folder-fsync',
      'rename-before-fsync',
    ])(
      '%s',
      async (sabotage) => {
        const losefs = await start();
        const load = await ServiceLoad.start(losefs, around, { rounds: ROUNDS, sabotage });
        await load.done();
        await load.kill();
        expect(await wrongStates(losefs)).not.toEqual([]);
      },
      TEST_MS,
    );
  });
});
