import { z } from 'zod';
import {
  databaseConnectionVariables,
  databaseSyncVariables,
  databaseVariables,
  tlsContradictions,
} from '../database.variables.js';

/** The values of DB_TYPE that mean this driver. */
export const SQL_TYPES = ['postgres', 'postgresql', 'mysql', 'mariadb', 'sqlite'] as const;

/** Mean nothing for a file. */
const OF_SERVERS = ['DB_HOST', 'DB_PORT', 'DB_USER', 'DB_PASS'] as const;

export const sqlVariables = z
  .object({ ...databaseVariables, ...databaseConnectionVariables, ...databaseSyncVariables })
  .superRefine((read, context) => {
    const mistake = (variable: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [variable], message });
    for (const [variable, rule] of tlsContradictions(read)) mistake(variable, rule);
    if (read.DB_TYPE !== 'sqlite') return;
    if (read.DB_NAME === undefined)
      mistake('DB_NAME', 'must be the path of the file where DB_TYPE is sqlite');
    for (const name of OF_SERVERS)
      if (read[name] !== undefined) mistake(name, 'must be dropped where DB_TYPE is sqlite');
    if (read.DB_TLS !== 'off') mistake('DB_TLS', 'must be dropped where DB_TYPE is sqlite');
  });

export type SqlOptions = z.output<typeof sqlVariables>;
