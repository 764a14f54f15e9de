import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFindings } from './findings.js';
import { runProgram } from './run-script.js';

/** Starts a service of docker/compose.test.yaml; resolves when it is healthy. */
export async function startInDocker(service: string): Promise<void> {
  await writeFile(join(readFindings().runFolder, 'docker'), ''); // tells global-teardown.ts
  const args = ['compose', '-f', 'docker/compose.test.yaml', 'up', '--detach', '--wait', service];
  await runProgram('docker', args, { deadlineMs: 600_000 }); // the first time pulls the image
}
