// A process that appends as hard as it can, and says on standard output what it was told: one JSON line each, written
// before anything else happens. It is killed by its parent. Arguments: the folder, and a number for the key names.
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import logDriver from '../../../../dist/drivers/embedded/record-log.driver.js';

const [, , dataFolder, round, mode] = process.argv;
const context = {
  dataFolder,
  gateway: { produceTimeoutMs: 15_000, readTimeoutMs: 15_000, idempotencyMaxKeys: 1_000_000 },
  logger: pino({ level: 'silent' }),
  metrics: new Registry(),
};
/** Not process.stdout: it keeps in memory what a parent that is busy has no room for, and a kill loses that. */
const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`);

const log = await logDriver.open(logDriver.variables.parse({}), context);
say({ ready: process.pid });
if (mode === 'exit') setTimeout(() => process.exit(7), 150);
if (mode === 'hold') await once(process.stdin, 'end');

async function caller(c) {
  for (let call = 0; ; call++) {
    const id = `${round}-${c}-${call}`;
    const records = Array.from({ length: 1 + ((c + call) % 20) }, (_, i) => ({
      topic: `round-${round}-${(c + i) % 2}`,
      partition: null,
      key: i % 2 ? id : null,
      value: `${id}-${i} ${'x'.repeat(((c * 31 + call) % 40) * 20)}`,
      headers: null,
      timestamp: Date.now(),
    }));
    const keyed = call % 2 === 0;
    if (keyed) say({ key: id, ids: records.map((_, i) => `${id}-${i}`) });
    const settles = { key: id, fingerprint: 'f', at: 1, expiresAt: Date.now() + 3_600_000 };
    const outcomes = await log.append(records, keyed ? { settles } : {});
    say({
      written: outcomes.map(({ ok, partition, offset, error }, i) => ({
        id: `${id}-${i}`,
        topic: records[i].topic,
        ok,
        partition,
        offset,
        code: error?.code,
      })),
    });
  }
}
await Promise.all(Array.from({ length: 24 }, (_, c) => caller(c)));
