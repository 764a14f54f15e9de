import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../../../config/config-error.js';
import { makePrivateFolder } from '../../../core/durable-file.js';
import { textOf } from '../../../core/text-of.js';
import { MonitorStore } from '../../../ports/monitor-store.port.js';
import { defineDriver } from '../../define-driver.js';

/** Monitors in a file of SQLite under DATA_FOLDER, where no DB_TYPE is set. */
export default defineDriver({
  name: 'embedded',
  port: MonitorStore,
  address: [],
  variables: z.object({}),
  async open(_options, context) {
    const { openFile } = await import('../open-store.js');
    const { dataFolder } = context;
    await makePrivateFolder(dataFolder).catch((error: unknown) => {
      throw new ConfigError([`DATA_FOLDER ${dataFolder} cannot be made (${textOf(error)}).`]);
    });
    return openFile('embedded', { file: join(dataFolder, 'monitors.db'), mayMake: true }, context);
  },
});
