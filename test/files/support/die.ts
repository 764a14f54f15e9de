import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FileSettings } from '../../../src/config/processor-settings.js';
import type { FileToWrite } from '../../../src/modules/processor/files/file-to-write.js';
import type { Step } from '../../../src/modules/processor/files/worker/steps.js';

/** Lets another process write `files` and die at a step; answers the signal that ended it. */
export async function dieWriting(
  settings: FileSettings,
  files: readonly FileToWrite[],
  step: Step,
  passes = 0,
): Promise<NodeJS.Signals | null> {
  const script = fileURLToPath(new URL('./dying-writer.mjs', import.meta.url));
  const texts = files.map(({ content, ...file }) => ({ ...file, content: Buffer.from(content).toString() }));
  const args = [settings, texts, step, passes].map((one) => JSON.stringify(one));
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return signal;
}
