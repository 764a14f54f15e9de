import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { startInDocker } from './docker.js';
import { readFindings } from './findings.js';
import { oncePerRun } from './once-per-run.js';
import { claimPorts } from './ports.js';
import { runScript } from './run-script.js';
import { databaseName } from './sql-server.js';

/** The one server that all suites share. Nobody stops it; every test has a database of its own. */
export interface SharedMongo {
  /** Without a database. */
  url: string;
  /** host:port. */
  host: string;
  /** A name for a database that nobody has; it comes to be at the first write. */
  fresh: () => string;
}

/** In memory: empty again after `kill` or `stop`; the port stays. It knows no users. */
export interface PrivateMongo extends SharedMongo {
  /** SIGKILL. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. `resume` ends it. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it for good; for `afterAll`. */
  release(): Promise<void>;
}

/** Starts it when nobody has yet in this run of Jest (0.5 s); global-teardown.ts stops it. */
export async function startedMongo(): Promise<SharedMongo> {
  const { from, detail } = readFindings().servers.mongo;
  if (from === 'missing') throw new Error(`no MongoDB: ${detail}`);
  if (from === 'url') return at(detail);
  return at(await oncePerRun('mongo', from === 'docker' ? withDocker : natively));
}

/** A server of the caller's own, which it may kill; call `release` in `afterAll`. */
export async function startPrivateMongo(): Promise<PrivateMongo> {
  const ports = await claimPorts();
  const folder = join(readFindings().runFolder, `mongo-${randomUUID().slice(0, 8)}`);
  const env = { MONGO_PORT: String(ports.first), MONGO_RUN: folder };
  const command = (name: string) => async (): Promise<void> =>
    void (await runScript('mongo-java.sh', [name], { env }));
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
    ...at(`mongodb://127.0.0.1:${ports.first}`),
    kill: command('kill'),
    stop: command('stop'),
    start,
    pause: command('pause'),
    resume: command('resume'),
    release,
  };
}

function at(url: string): SharedMongo {
  return { url, host: new URL(url).host, fresh: databaseName };
}

async function natively(): Promise<string> {
  const { url } = await startPrivateMongo();
  return url;
}

async function withDocker(): Promise<string> {
  await startInDocker('mongo');
  return `mongodb://127.0.0.1:${process.env.TEST_MONGO_PORT ?? '37027'}`;
}
