// A process with a file store. Reads writes from standard input, one JSON line each ({name, identity, redelivered,
// extraBytes}), and answers each with a line when it is safe: {name, outcome} or {name, code, message}. Argument: the settings.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { FileStore } from '../../../dist/modules/processor/files/file-store.js';

const settings = JSON.parse(process.argv[2]);
const store = new FileStore(settings, { logger: pino({ level: 'silent' }), metrics: new Registry() });
/** Not process.stdout: it keeps in memory what a parent that is busy has no room for, and a kill loses that. */
const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`);

const contentOf = (name, extraBytes = 0) =>
  Buffer.from(
    JSON.stringify({ name, filler: 'x'.repeat(name.length * 37 + extraBytes), end: true }, null, 2),
  );

await store.start();
say({ ready: process.pid });
for await (const text of createInterface({ input: process.stdin })) {
  const { name, identity, redelivered, extraBytes } = JSON.parse(text);
  const content = contentOf(name, extraBytes);
  store.write({ routingKey: 'expense.created', content, identity, redelivered }).then(
    ({ outcome }) => say({ name, outcome }),
    ({ code, message }) => say({ name, code, message }),
  );
}
await store.stop();
process.exit(0);
