import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding, Findings, ServerName } from './servers/findings.js';

// Jest loads this file outside its module map, where './x.js' does not lead to x.ts: it imports types only.

/** Where each server can come from, in the order of preference: a URL, a script of test/servers, Docker. */
const SOURCES: Record<ServerName, { url?: string; script: string; docker?: string }> = {
  kafka: { url: 'TEST_KAFKA_BOOTSTRAP_SERVERS', script: 'kafka.sh', docker: 'kafka' },
  'kafka-cluster': { script: 'kafka.sh' },
  rabbitmq: { url: 'TEST_RABBITMQ_URL', script: 'rabbitmq.sh', docker: 'rabbitmq' },
  'rabbitmq-private': { script: 'rabbitmq.sh' },
  redis: { url: 'TEST_REDIS_URL', script: 'redis.sh', docker: 'redis' },
  'redis-private': { script: 'redis.sh' },
  'redis-sentinel': { script: 'redis.sh' },
  postgres: { url: 'TEST_POSTGRES_URL', script: 'postgres.sh', docker: 'postgres' },
  'postgres-private': { script: 'postgres.sh' },
  mariadb: { url: 'TEST_MARIADB_URL', script: 'mariadb.sh', docker: 'mariadb' },
  'mariadb-private': { script: 'mariadb.sh' },
  mongo: { url: 'TEST_MONGO_URL', script: 'mongo-java.sh', docker: 'mongo' },
  'mongo-private': { script: 'mongo-java.sh' },
  'asynq-go': { script: 'asynq-go.sh' },
  toxiproxy: { script: 'toxiproxy.sh' },
  losefs: { script: 'losefs.sh' },
  strace: { script: 'strace.sh' },
};

/** Once per run of Jest: finds servers, prints what was found, and starts none. */
export default function globalSetup({ rootDir }: { rootDir: string }): void {
  const scripts = join(rootDir, 'test', 'servers');
  const servers = findAll(scripts);
  process.stderr.write(report(servers));
  refuseMissing(servers);
  const runFolder = realpathSync(mkdtempSync(join(tmpdir(), 'carillon-test-')));
  if (Object.values(servers).some(({ from }) => from === 'native')) stopWhenJestIsGone(scripts, runFolder);
  const findings: Findings = { runFolder, servers };
  process.env.CARILLON_TEST_SERVERS = JSON.stringify(findings);
}

function findAll(scripts: string): Record<ServerName, Finding> {
  const native = new Map<string, Finding>();
  const find = (name: ServerName): Finding => {
    const { url, script, docker } = SOURCES[name];
    const address = url && process.env[url];
    if (address) return { from: 'url', detail: address };
    const own = native.get(script) ?? askScript(join(scripts, script));
    native.set(script, own);
    if (own.from === 'missing' && docker && process.env.TEST_DOCKER === '1') {
      return { from: 'docker', detail: `service ${docker} of docker/compose.test.yaml` };
    }
    return own;
  };
  const names = Object.keys(SOURCES) as ServerName[];
  return Object.fromEntries(names.map((name) => [name, find(name)])) as Record<ServerName, Finding>;
}

/** The scripts themselves know what they need; `ready` downloads nothing. */
function askScript(script: string): Finding {
  try {
    const detail = execFileSync('bash', [script, 'ready'], {
      encoding: 'utf8',
      stdio: 'pipe',
      timeout: 20_000,
    });
    return { from: 'native', detail: detail.trim() };
  } catch (error) {
    const told = (error as { stderr?: string }).stderr?.trim();
    return { from: 'missing', detail: told || 'its script in test/servers does not run here' };
  }
}

function report(servers: Record<ServerName, Finding>): string {
  const lines = Object.entries(servers).map(
    ([name, { from, detail }]) => `  ${name.padEnd(16)} ${from}: ${withoutPassword(detail)}\n`,
  );
  return `Servers for the tests\n${lines.join('')}`;
}

function withoutPassword(detail: string): string {
  return detail.replace(/\/\/[^@/]*@/g, '//***@');
}

function refuseMissing(servers: Record<ServerName, Finding>): void {
  if (process.env.REQUIRE_SERVERS !== '1') return;
  const missing = Object.entries(servers).filter(([, { from }]) => from === 'missing');
  if (missing.length === 0) return;
  const lines = missing.map(([name, { detail }]) => `  ${name}: ${detail}`);
  throw new Error(`REQUIRE_SERVERS=1, but these servers are missing:\n${lines.join('\n')}`);
}

/** A killed Jest runs no teardown: this small process outlives it and ends what it had started. */
function stopWhenJestIsGone(scripts: string, runFolder: string): void {
  const args = [join(scripts, 'stop-all.sh'), runFolder, String(process.pid)];
  const guard = spawn('bash', args, { detached: true, stdio: 'ignore' });
  guard.unref();
}
