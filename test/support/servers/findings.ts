/**
 * What a test can ask for.
 * - `kafka`: one broker, shared by all suites; may be one that the user runs.
 * - `kafka-cluster`: brokers of a suite's own, which it may kill, pause and configure.
 * - `rabbitmq`, `rabbitmq-private`: the same of RabbitMQ.
 * - `redis`, `redis-private`: the same of Redis; `redis-sentinel`: a primary, a replica and three Sentinels.
 * - `postgres`, `postgres-private`, `mariadb`, `mariadb-private`: the same of PostgreSQL and MariaDB.
 * - `mongo`, `mongo-private`: the same of a server that talks MongoDB's protocol.
 * - `asynq-go`: the real Asynq library, in a program that does what it is told.
 * - `toxiproxy`: a proxy that breaks connections.
 * - `losefs`: a file system whose power can be cut; see ../losefs.ts.
 * - `strace`: shows the order of a process's system calls.
 */
export type ServerName =
  | 'kafka'
  | 'kafka-cluster'
  | 'rabbitmq'
  | 'rabbitmq-private'
  | 'redis'
  | 'redis-private'
  | 'redis-sentinel'
  | 'postgres'
  | 'postgres-private'
  | 'mariadb'
  | 'mariadb-private'
  | 'mongo'
  | 'mongo-private'
  | 'asynq-go'
  | 'toxiproxy'
  | 'losefs'
  | 'strace';

/** `detail` is the address, the program found, or (when missing) what the user can do about it. */
export interface Finding {
  from: 'url' | 'native' | 'docker' | 'missing';
  detail: string;
}

export interface Findings {
  /** Everything that servers write during this run of Jest lies in here. */
  runFolder: string;
  servers: Record<ServerName, Finding>;
}

/** The environment variable by which global-setup.ts tells every worker what it found. */
export const FINDINGS_VARIABLE = 'CARILLON_TEST_SERVERS';

export function readFindings(): Findings {
  const text = process.env[FINDINGS_VARIABLE];
  if (!text) throw new Error(`${FINDINGS_VARIABLE} is not set: jest.config.mjs must name global-setup.ts`);
  return JSON.parse(text) as Findings;
}
