import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Findings } from './servers/findings.js';

// Types only, for the reason given in global-setup.ts.

/** Once per run of Jest: ends every server that the run started, and removes its folder. */
export default function globalTeardown({ rootDir }: { rootDir: string }): void {
  const { runFolder } = JSON.parse(process.env.CARILLON_TEST_SERVERS ?? '{}') as Partial<Findings>;
  if (!runFolder) return;
  if (existsSync(join(runFolder, 'docker'))) stopDocker(rootDir);
  try {
    execFileSync('bash', [join(rootDir, 'test', 'servers', 'stop-all.sh'), runFolder], { timeout: 60_000 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    rmSync(runFolder, { recursive: true, force: true }); // no bash here, so no server either
  }
}

function stopDocker(rootDir: string): void {
  const file = join(rootDir, 'docker', 'compose.test.yaml');
  execFileSync('docker', ['compose', '-f', file, 'down', '--volumes'], { stdio: 'ignore', timeout: 60_000 });
}
