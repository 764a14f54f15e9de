// A Redis of a bench's own, started by test/servers/redis.sh.
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../test/servers/redis.sh', import.meta.url));

export function startRedis(port) {
  const env = {
    ...process.env,
    RDS_PORT: String(port),
    RDS_RUN: mkdtempSync(join(tmpdir(), 'carillon-redis-')),
  };
  const run = (...args) => execFileSync('bash', [SCRIPT, ...args], { env });
  run('start');
  return { url: `redis://127.0.0.1:${port}`, port, remove: () => run('remove') };
}
