// Writes one batch with the file engine, and ends itself by SIGKILL at a step of it.
// Arguments: the settings, the messages ({name, identity}[]), the step and how often it may pass before.
import { subscribe } from 'node:diagnostics_channel';
import { FileEngine } from '../../../dist/modules/processor/files/worker/engine.js';
import { systemClock } from '../../../dist/core/clock.js';

const [settings, files, step, passes] = process.argv.slice(2).map((text) => JSON.parse(text));
let seen = 0;
subscribe('carillon:files:step', (name) => {
  if (name === step && ++seen > passes) process.kill(process.pid, 'SIGKILL');
});
const engine = new FileEngine({ settings, over: [], clock: systemClock });
await engine.open(0);
await engine.write(files.map(({ content, ...file }) => ({ ...file, content: Buffer.from(content) })));
await engine.close();
