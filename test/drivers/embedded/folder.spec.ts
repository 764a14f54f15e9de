import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allWritten, record, unusedName } from '../../contracts/record-log.support.js';
import { driverContext } from '../../support/driver-context.js';
import { startChild } from './support/child.js';
import { openBoth } from './support/open.js';

describe('DATA_FOLDER', () => {
  it('is created where it is absent', async () => {
    const context = await driverContext();
    const dataFolder = join(context.dataFolder, 'deeper', 'still');
    const { log, store, close } = await openBoth({ ...context, dataFolder });
    expect(await readdir(dataFolder)).toContain('carillon.db');
    expect(log.storage).toBe(store.storage);
    expect(log.storage).toMatch(/^sqlite:\/.*\/deeper\/still\/carillon\.db$/);
    await close();
  });

  it('that cannot be a folder is refused by its variable’s name', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'carillon-')), 'file');
    await writeFile(file, 'not a folder');
    const context = { ...(await driverContext()), dataFolder: join(file, 'data') };
    await expect(openBoth(context)).rejects.toThrow(/^DATA_FOLDER .*file\/data cannot be written/);
  });

  it('with a file that is no database is refused in a sentence', async () => {
    const context = await driverContext();
    await writeFile(join(context.dataFolder, 'carillon.db'), 'x'.repeat(10_000));
    await expect(openBoth(context)).rejects.toThrow(
      /DATA_FOLDER .*carillon\.db cannot be opened.*not a database/,
    );
  });

  it('whose lock cannot be opened is refused in a sentence', async () => {
    const context = await driverContext();
    await mkdir(join(context.dataFolder, 'carillon.lock'));
    await expect(openBoth(context)).rejects.toThrow(/^DATA_FOLDER .*carillon\.lock cannot be locked/);
  });

  it('serves one process: a second one is told who holds it, until that one dies', async () => {
    const context = await driverContext();
    const child = startChild(context.dataFolder, 0, 'hold');
    await child.ready;
    await expect(openBoth(context)).rejects.toThrow(
      new RegExp(
        `^DATA_FOLDER .* is in use by process ${child.process.pid} on .* since 20.*another DATA_FOLDER`,
      ),
    );
    // A second refusal must not have loosened the first one's lock.
    await expect(openBoth(context)).rejects.toThrow(/is in use/);
    await child.kill();
    const { log, close } = await openBoth(context);
    allWritten(await log.append([record(unusedName())]));
    await close();
  });

  it('may be opened again by the same process, with all that was in it', async () => {
    const context = await driverContext();
    const topic = unusedName();
    for (let start = 0; start < 3; start++) {
      const { log, close } = await openBoth(context);
      const [place] = allWritten(await log.append([record(topic, { partition: 1 })]));
      expect(place).toEqual({ ok: true, partition: 1, offset: start });
      await close();
    }
  });
});
