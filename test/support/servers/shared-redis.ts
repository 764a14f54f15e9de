import { startInDocker } from './docker.js';
import { readFindings } from './findings.js';
import { oncePerRun } from './once-per-run.js';
import { startPrivateRedis } from './redis.js';

/** The one server that all suites share. Nobody stops, flushes or configures it; every test names keys of its own. */
export interface SharedRedis {
  /** Without a database, unless the user's own URL has one. */
  url: string;
  host: string;
  port: number;
}

/** Starts it when nobody has yet in this run of Jest (0.2 s); global-teardown.ts stops it. It has 64 databases. */
export async function startedRedis(): Promise<SharedRedis> {
  const { from, detail } = readFindings().servers.redis;
  if (from === 'missing') throw new Error(`no Redis: ${detail}`);
  if (from === 'url') return at(detail);
  return at(await oncePerRun('redis', from === 'docker' ? startWithDocker : startNatively));
}

function at(url: string): SharedRedis {
  const { hostname, port } = new URL(url);
  return { url, host: hostname, port: Number(port || 6379) };
}

async function startNatively(): Promise<string> {
  const { url } = await startPrivateRedis();
  return url;
}

async function startWithDocker(): Promise<string> {
  await startInDocker('redis');
  return `redis://127.0.0.1:${process.env.TEST_REDIS_PORT ?? '26379'}`;
}
