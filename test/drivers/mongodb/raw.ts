import { MongoClient, type Db } from 'mongodb';
import { startedMongo } from '../../support/servers/index.js';

/** A database of the test's own on the shared server, the plain client for it, and the variables that name it. */
export interface RawDatabase {
  db: Db;
  variables: Record<string, string>;
  close(): Promise<void>;
}

export async function rawDatabase(): Promise<RawDatabase> {
  const { url, host, fresh } = await startedMongo();
  const client = await new MongoClient(url).connect();
  const name = fresh();
  return {
    db: client.db(name),
    variables: { DB_HOST: host, DB_NAME: name },
    close: async () => {
      await client.db(name).dropDatabase();
      await client.close();
    },
  };
}
