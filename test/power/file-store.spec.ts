import { afterEach, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import type { Order } from '../files/support/writer.js';
import { Losefs, type LosefsOptions } from '../support/losefs.js';
import { Random } from '../support/failover/random.js';
import { describeWithServers } from '../support/servers/index.js';
import { someOrders, withIds, writeUnderLoad, writeWithKills, wrongAfterCut } from './file-store-run.js';

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

  /** Builds states of the run that was recorded, until something is wrong; returns what, with moment and seed. */
  async function survey(losefs: Losefs, orders: Order[]): Promise<string[]> {
    await losefs.freeze();
    const marks = (await losefs.log('mark')) as { moment: number; mark: string }[];
    const last = marks.at(-1)!.moment;
    const random = new Random(SEED);
    for (let state = 1; state <= STATES; state++) {
      const [moment, seed] = [random.between(1, last), SEED + state];
      const folder = losefs.newFolder(`state-${state}`);
      const built = await losefs.materialise(moment, seed, folder);
      const told = new Set(marks.filter((entry) => entry.moment <= moment).map(({ mark }) => mark));
      const wrong = await wrongAfterCut(folder, orders, told);
      const which = `state ${state}: moment ${moment} of ${last}, seed ${seed}: ${JSON.stringify(built)}`;
      if (wrong.length > 0) return [which, ...wrong];
      await rm(folder, { recursive: true });
    }
    return [];
  }

  async function record(losefs: Losefs, orders: Order[], sabotage?: string): Promise<void> {
    const { writer, refused } = await writeUnderLoad(losefs, orders, { sabotage });
    await writer.kill();
    expect(refused).toEqual([]);
  }

  it.each([false, true])(
    `keeps its promises in ${STATES} states of a run (ext4: %s)`,
    async (ext4) => {
      const losefs = await start({ ext4 });
      const orders = someOrders(300);
      await record(losefs, orders);
      expect(await survey(losefs, orders)).toEqual([]);
    },
    TEST_MS,
  );

  it(
    `keeps its promises in ${STATES} states of a run in which processes were killed before the cut`,
    async () => {
      const losefs = await start();
      const orders = withIds(300);
      await writeWithKills(losefs, orders, 30);
      expect(await survey(losefs, orders)).toEqual([]);
    },
    TEST_MS,
  );

  it.each([
    ['fsync', /\.part$/],
    ['fsync', /manifest\/.*ndjson$/],
    ['fsync-folder', /tmp\//],
    ['fsync-folder', /^out\/\d+/],
  ] as const)(
    `acknowledges nothing that it could not make durable: %s of %s fails once, then succeeds; ${STATES} states`,
    async (operation, path) => {
      const losefs = await start();
      const orders = withIds(150);
      const fault = await losefs.fault({ operations: [operation], path, skip: 12, times: 1, error: 'EIO' });
      const { writer, refused } = await writeUnderLoad(losefs, orders);
      await writer.kill();
      expect(await fault.count()).toBe(1);
      expect(refused.join()).toContain('EIO');
      expect(await survey(losefs, orders)).toEqual([]);
    },
    TEST_MS,
  );

  it(
    `keeps its promises after ${REAL_CUTS} cuts in the middle of the work`,
    async () => {
      const losefs = await start();
      const orders = withIds(400);
      const told = new Set<string>();
      for (let cut = 1; cut <= REAL_CUTS; cut++) {
        const left = orders.filter(({ name }) => !told.has(name));
        const { writer } = await writeUnderLoad(losefs, left, { until: 60 });
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
        const losefs = await start();
        const orders = someOrders(300);
        await record(losefs, orders, sabotage);
        expect(await survey(losefs, orders)).not.toEqual([]);
      },
      TEST_MS,
    );
  });
});
