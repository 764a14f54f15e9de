import { MonitorStore } from '../../ports/monitor-store.port.js';
import { defineDriver } from '../define-driver.js';
import { SQL_TYPES, sqlVariables } from './sql.variables.js';

/** Monitors in PostgreSQL, MySQL, MariaDB or a file of SQLite. Opening does not wait for a server that is away. */
export default defineDriver({
  name: 'sql',
  port: MonitorStore,
  address: ['DB_TYPE'],
  values: SQL_TYPES,
  variables: sqlVariables,
  async open(options, context) {
    const { openSqlStore } = await import('./open-store.js');
    return openSqlStore(options, context);
  },
});
