import { describe, expect, it } from '@jest/globals';
import type { Order } from '../files/support/writer.js';
import type { Losefs } from '../support/losefs.js';
import { describeWithServers } from '../support/servers/index.js';
import { someOrders, withIds, writeUnderLoad, writeWithKills, wrongAfterCut } from './file-store-run.js';
import { cutPower, mountedForEachTest, REAL_CUTS, SEED, STATES, survey } from './survey.js';

const TEST_MS = 300_000;

describeWithServers(['losefs'], `the file store after a power cut (TEST_SEED=${SEED})`, () => {
  const start = mountedForEachTest();

  const wrongStates = (losefs: Losefs, orders: Order[], states = STATES) =>
    survey<string>(losefs, (folder, told) => wrongAfterCut(folder, orders, new Set(told)), states);

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
      expect(await wrongStates(losefs, orders)).toEqual([]);
    },
    TEST_MS,
  );

  it(
    `keeps its promises in ${STATES} states of a run in which processes were killed before the cut`,
    async () => {
      const losefs = await start();
      const orders = withIds(300);
      await writeWithKills(losefs, orders, 30);
      expect(await wrongStates(losefs, orders)).toEqual([]);
    },
    TEST_MS,
  );

  it.each([
    ['fsync', /\.part$/],
    ['fsync', /manifest\/.*ndjson$/],
    ['fsync-folder', /tmp\//],
    ['fsync-folder', /^out\/\d+/],
  ] as const)(
    `acknowledges nothing that it could not make durable: %s of %s fails once, then succeeds`,
    async (operation, path) => {
      const losefs = await start();
      const orders = withIds(150);
      const fault = await losefs.fault({ operations: [operation], path, skip: 12, times: 1, error: 'EIO' });
      const { writer, refused } = await writeUnderLoad(losefs, orders);
      await writer.kill();
      expect(await fault.count()).toBe(1);
      expect(refused.join()).toContain('EIO');
      expect(await wrongStates(losefs, orders, STATES / 4)).toEqual([]);
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
        for (const name of await cutPower<string>(losefs, SEED + cut, () => writer.kill())) told.add(name);
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
        expect(await wrongStates(losefs, orders)).not.toEqual([]);
      },
      TEST_MS,
    );
  });
});
