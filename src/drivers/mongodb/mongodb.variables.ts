import { z } from 'zod';
import { optionalText } from '../../config/variable.js';
import {
  databaseConnectionVariables,
  databaseSyncVariables,
  databaseVariables,
  tlsContradictions,
} from '../database.variables.js';
import { membersOf } from './address.js';

const own = {
  DB_AUTH_SOURCE: optionalText('With mongodb: the database that knows DB_USER. Unset: `admin`.', 'a name'),
  DB_REPLICA_SET: optionalText(
    'With mongodb: the name of the replica set. Unset: what the server at DB_HOST says; its members are then asked by the names that it gives.',
    'a name',
  ),
};

const FORBIDDEN_IN_NAME = /[/\\. "$*<>:|?\0]/;

interface Contradictory {
  DB_HOST?: string | undefined;
  DB_NAME?: string | undefined;
  DB_USER?: string | undefined;
  DB_PASS?: string | undefined;
}

function* contradictions(read: Contradictory): Generator<[variable: keyof Contradictory, rule: string]> {
  const { DB_HOST: host, DB_NAME: name, DB_USER: user, DB_PASS: pass } = read;
  if (host !== undefined && membersOf(host) === null)
    yield ['DB_HOST', 'must be host names or IP addresses, each with its port or without, divided by commas'];
  if (name !== undefined && (name === '' || FORBIDDEN_IN_NAME.test(name) || Buffer.byteLength(name) > 63))
    yield [
      'DB_NAME',
      'must be the name of a MongoDB database: at most 63 bytes, none of / \\ . " $ * < > : | ?',
    ];
  if (pass && !user) yield ['DB_USER', 'must be set with DB_PASS'];
}

/** Variables of the driver for MongoDB. */
export const mongodbVariables = z
  .object({ ...databaseVariables, ...own, ...databaseConnectionVariables, ...databaseSyncVariables })
  .superRefine((read, context) => {
    for (const [variable, rule] of [...contradictions(read), ...tlsContradictions(read)])
      context.addIssue({ code: 'custom', path: [variable], message: rule });
  });

export type MongodbOptions = z.output<typeof mongodbVariables>;
