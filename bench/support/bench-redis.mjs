// A Redis of a bench's own, started by test/servers/redis.sh.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from './servers.mjs';

export function startRedis(port) {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-redis-'));
  const { remove } = startServer('redis', { RDS_PORT: String(port), RDS_RUN: folder });
  return { url: `redis://127.0.0.1:${port}`, port, remove };
}
