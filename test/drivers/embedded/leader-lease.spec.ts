import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import driver from '../../../src/drivers/embedded/leader-lease.driver.js';
import type { DriverContext } from '../../../src/drivers/define-driver.js';
import { describeLeaderLease } from '../../contracts/leader-lease.contract.js';
import { driverContext } from '../../support/driver-context.js';

const open = (context: DriverContext) => driver.open(driver.variables.parse({}), context);

describeLeaderLease('embedded', async () => {
  const context = await driverContext();
  return { ttlMs: 200, open: () => open(context) };
});

describe('terms of the embedded lease', () => {
  it('rise over restarts of the process, also when the clock was set back between them', async () => {
    const context = await driverContext();
    const ahead = Date.now() + 3_600_000;
    await writeFile(join(context.dataFolder, 'carillon.term'), `${ahead}\n`);
    for (const expected of [ahead + 1, ahead + 2]) {
      const lease = await open(context);
      lease.campaign(() => undefined);
      expect(lease.term?.number).toBe(expected);
      await lease.close(1000);
    }
    await rm(context.dataFolder, { recursive: true });
  });

  it('begin anew at the time of day when the file is no number', async () => {
    const context = await driverContext();
    await writeFile(join(context.dataFolder, 'carillon.term'), 'x');
    const lease = await open(context);
    lease.campaign(() => undefined);
    expect(Math.abs(lease.term!.number - Date.now())).toBeLessThan(60_000);
    await lease.close(1000);
  });

  it('have the number that was written, also when it campaigns later', async () => {
    const context = await driverContext();
    const lease = await open(context);
    await delay(20);
    lease.campaign(() => undefined);
    expect(await readFile(join(context.dataFolder, 'carillon.term'), 'utf8')).toBe(`${lease.term?.number}\n`);
    await lease.close(1000);
  });

  it('do not begin anew when the file cannot be read', async () => {
    const context = await driverContext();
    await mkdir(join(context.dataFolder, 'carillon.term'), { recursive: true });
    await expect(open(context)).rejects.toThrow(/^DATA_FOLDER .*carillon\.term cannot be read/);
  });
});
