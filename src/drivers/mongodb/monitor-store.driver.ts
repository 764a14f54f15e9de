import { MonitorStore } from '../../ports/monitor-store.port.js';
import { defineDriver } from '../define-driver.js';
import { mongodbVariables } from './mongodb.variables.js';

/** Monitors in MongoDB, in Peekaping's collection `monitor` and ours. */
export default defineDriver({
  name: 'mongodb',
  port: MonitorStore,
  address: ['DB_TYPE'],
  values: ['mongodb', 'mongo'],
  variables: mongodbVariables,
  open: async (options, context) => {
    const { openStore } = await import('./open-store.js'); // imports the package mongodb
    return openStore(options, context);
  },
});
