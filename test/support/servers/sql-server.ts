import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { readFindings } from './findings.js';
import { claimPorts } from './ports.js';
import { runScript } from './run-script.js';

/** One row, by column. */
export type SqlRow = Record<string, unknown>;

/** Where a database server is, and a user who may do everything there. */
export interface SqlAddress {
  host: string;
  port: number;
  user: string;
  password: string;
}

/** The one server that all suites share. Nobody stops or configures it; every test has a database of its own. */
export interface SharedSql extends SqlAddress {
  /** Makes an empty database of a name that nobody has; answers the name. */
  fresh(): Promise<string>;
  /** One statement in a database (or none): what it answered. */
  run(database: string, sql: string, values?: readonly unknown[]): Promise<SqlRow[]>;
}

export interface SqlServerOptions {
  /** Also listen with TLS (`only`, PostgreSQL: with nothing else): see `caFile` of the server. */
  tls?: boolean | 'only';
  password?: string;
  /** More settings of the server, one each. */
  config?: string[];
}

/** Its data outlives `kill` and `stop`; the port stays. */
export interface PrivateSql extends SharedSql {
  /** The CA (PEM) that its certificate is from; with `tls` only. */
  caFile?: string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** A clean stop: connections are closed. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. `resume` ends it. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it for good; for `afterAll`. */
  release(): Promise<void>;
}

export interface SqlScript {
  /** In test/servers. */
  script: string;
  /** The beginning of its variables. */
  prefix: string;
  /** How to ask it. */
  shared: (address: SqlAddress) => SharedSql;
}

const USER = 'carillon';

/** A server of the caller's own, by its script. */
export async function startPrivateSql(
  { script, prefix, shared }: SqlScript,
  { tls = false, password = 'secret', config = [] }: SqlServerOptions,
): Promise<PrivateSql> {
  const ports = await claimPorts();
  const folder = join(readFindings().runFolder, `${script.replace('.sh', '')}-${randomUUID().slice(0, 8)}`);
  const env = {
    [`${prefix}_PORT`]: String(ports.first),
    [`${prefix}_RUN`]: folder,
    [`${prefix}_PASSWORD`]: password,
    [`${prefix}_TLS`]: tls === 'only' ? 'only' : tls ? '1' : '0',
    [`${prefix}_CONFIG`]: config.join('\n'),
  };
  const command = (name: string) => async (): Promise<void> =>
    void (await runScript(script, [name], { env }));
  const [start, remove] = [command('start'), command('remove')];
  const release = async (): Promise<void> => {
    await remove();
    ports.release();
  };
  try {
    await start();
  } catch (error) {
    await release();
    throw error;
  }
  return {
    ...shared({ host: '127.0.0.1', port: ports.first, user: USER, password }),
    caFile: tls ? join(folder, 'ca.pem') : undefined,
    kill: command('kill'),
    stop: command('stop'),
    start,
    pause: command('pause'),
    resume: command('resume'),
    release,
  };
}

/** A name for a database that no other test has. */
export function databaseName(): string {
  return `test_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
}

/** Reads `scheme://user:password@host:port/…`. */
export function sqlAddress(url: string, defaultPort: number): SqlAddress {
  const { hostname, port, username, password } = new URL(url);
  return {
    host: hostname,
    port: Number(port || defaultPort),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
}
