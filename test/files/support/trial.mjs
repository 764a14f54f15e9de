// Opens a folder with a trial file, says so and ends. Arguments: the settings, the bytes of the trial.
import { FileEngine } from '../../../dist/modules/processor/files/worker/engine.js';
import { systemClock } from '../../../dist/core/clock.js';

const [settings, bytes] = process.argv.slice(2).map((text) => JSON.parse(text));
const engine = new FileEngine({ settings, over: [], clock: systemClock });
await engine.open(bytes);
process.stdout.write('open\n');
await engine.close();
