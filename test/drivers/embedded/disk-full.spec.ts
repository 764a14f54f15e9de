import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AppendOutcome, NewRecord } from '../../../src/ports/record-log.port.js';
import { codes, expectExactly, record, unusedName } from '../../contracts/record-log.support.js';
import { driverContext } from '../../support/driver-context.js';
import { openBoth } from './support/open.js';
import { smallDisk } from '../../support/small-disk.js';

// Where no small disk can be had, group-commit.spec.ts stands alone.
const disk = smallDisk('size=24m');

(disk ? describe : describe.skip)('a full disk', () => {
  afterAll(() => disk!.remove());

  it('refuses all with STORAGE_FULL, reports nothing as written that is not, and recovers by itself', async () => {
    const context = { ...(await driverContext()), dataFolder: disk!.folder };
    const { log, store, close } = await openBoth(context);
    const topic = unusedName();
    const kept: { sent: NewRecord[]; outcomes: AppendOutcome[] } = { sent: [], outcomes: [] };
    const append = async (bytes: number, count: number) => {
      const sent = Array.from({ length: count }, () => record(topic, { value: 'x'.repeat(bytes) }));
      const calls = await Promise.all(sent.map((one) => log.append([one])));
      calls.flat().forEach((outcome, i) => {
        if (!outcome.ok) return;
        kept.sent.push(sent[i]!);
        kept.outcomes.push(outcome);
      });
      return codes(calls.flat());
    };
    expect(new Set(await append(1000, 200))).toEqual(new Set(['ok']));
    const filler = join(disk!.folder, 'filler');
    const { bavail, bsize } = statfsSync(disk!.folder);
    writeFileSync(filler, Buffer.alloc(bavail * bsize - 200_000));
    let found = new Set<string>();
    for (let i = 0; i < 50 && !found.has('STORAGE_FULL'); i++) found = new Set(await append(10_000, 10));
    expect(found).toEqual(new Set(['STORAGE_FULL']));
    expect(new Set(await append(200_000, 3))).toEqual(new Set(['STORAGE_FULL']));
    const settles = { key: 'k', fingerprint: 'f', at: 1, expiresAt: Date.now() + 60_000 };
    expect(codes(await log.append([record(topic, { value: 'x'.repeat(200_000) })], { settles }))).toEqual([
      'STORAGE_FULL',
    ]);
    await expect(log.ping()).resolves.toBeUndefined();
    await expectExactly(log, topic, kept.sent, kept.outcomes);

    rmSync(filler);
    expect(new Set(await append(10_000, 50))).toEqual(new Set(['ok']));
    await expectExactly(log, topic, kept.sent, kept.outcomes);
    expect(await store.claim({ ...settles, durable: false })).toEqual({ state: 'claimed' });
    await close();

    const again = await openBoth(context);
    await expectExactly(again.log, topic, kept.sent, kept.outcomes);
    await again.close();
  }, 60_000);
});
