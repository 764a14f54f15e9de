import { afterEach, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { Losefs, type LosefsOptions } from '../support/losefs.js';
import { Random } from '../support/failover/random.js';
import { describeWithServers } from '../support/servers/index.js';
import { someOrders, writeUnderLoad, wrongAfterCut } from './file-store-run.js';

/** States that are built from each recorded run. `FAULTS=full` is the long form. */
const STATES = process.env.FAULTS === 'full' ? 400 : 40;
const REAL_CUTS = 3;
const TEST_MS = 300_000;
/** TEST_SEED repeats the choice of moments; what was recorded differs from run to run. */
const SEED = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000);

describeWithServers(['losefs'], `the file store after a power cut (TEST_SEED=${SEED})`, () => {
  const mounted: Losefs[] = [];
  const start = async (options: LosefsOptions = {}): Promise<Losefs> => {
    const losefs = await Losefs.start(options);
    mounted.push(losefs);
    return losefs;
  };
  afterEach(async () => {
    for (const losefs of mounted.splice(0)) await losefs.stop();
  });

  /** Builds states of one recorded run, until something is wrong; answers what, with moment and seed. */
  async function survey(losefs: Losefs, sabotage: string): Promise<string[]> {
    const orders = someOrders(300);
    const { writer, refused, marked } = await writeUnderLoad(losefs, orders, sabotage);
    expect(refused).toEqual([]);
    const marks = await marked();
    await writer.kill();
    await losefs.freeze();
    const acknowledged = (await losefs.log('mark')) as { moment: number; mark: string }[];
    const last = Math.max(...marks);
    const random = new Random(SEED);
    for (let state = 1; state <= STATES; state++) {
      const [moment, seed] = [random.between(1, last), SEED + state];
      const folder = losefs.newFolder(`state-${state}`);
      const built = await losefs.materialise(moment, seed, folder);
      const told = new Set(acknowledged.filter((entry) => entry.moment <= moment).map(({ mark }) => mark));
      const wrong = await wrongAfterCut(folder, orders, told);
      if (wrong.length > 0)
        return [
          `state ${state}: moment ${moment} of ${last}, seed ${seed}: ${JSON.stringify(built)}`,
          ...wrong,
        ];
      await rm(folder, { recursive: true });
    }
    return [];
  }

  it.each([false, true])(
    `keeps its promises in ${STATES} states of a run (ext4: %s)`,
    async (ext4) => {
      expect(await survey(await start({ ext4 }), '')).toEqual([]);
    },
    TEST_MS,
  );

  it(
    `keeps its promises after ${REAL_CUTS} cuts in the middle of the work`,
    async () => {
      const losefs = await start();
      const orders = someOrders(400).filter(({ identity }) => identity !== null);
      const told = new Set<string>();
      for (let cut = 1; cut <= REAL_CUTS; cut++) {
        const left = orders.filter(({ name }) => !told.has(name));
        const { writer } = await writeUnderLoad(losefs, left, '', 60);
        const moment = await losefs.freeze();
        await Promise.all([losefs.crash(SEED + cut), writer.kill()]);
        for (const { mark, moment: at } of await losefs.log('mark'))
          if (at <= moment) told.add(mark as string);
        expect(await wrongAfterCut(losefs.disk, cut === REAL_CUTS ? orders : [], told)).toEqual([]);
        await losefs.mount();
      }
    },
    TEST_MS,
  );

  describe('notices', () => {
    it.each([
      'no-file-fsync',
      'no-folder-fsync',
      'rename-before-fsync',
      'ack-before-fsync',
      'ledger-after-ack',
    ])(
      '%s',
      async (sabotage) => {
        expect(await survey(await start(), sabotage)).not.toEqual([]);
      },
      TEST_MS,
    );
  });
});
