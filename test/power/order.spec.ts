import { describe, expect, it } from '@jest/globals';
import { basename, dirname, join } from 'node:path';
import { newFolder, settings } from '../files/support/folder.js';
import { Writer, type Order } from '../files/support/writer.js';
import { describeWithServers } from '../support/servers/index.js';
import { PRELOAD, someOrders } from './file-store-run.js';
import { readTrace, tracing, type SystemCall } from './system-calls.js';

const MESSAGES = 200;
const IN_HAND = 20;
const TEST_MS = 120_000;

/** Lets a process under strace write the messages; its acknowledgements are lines on a socket. */
async function traced(folder: string, orders: readonly Order[], sabotage: string): Promise<SystemCall[]> {
  const trace = join(newFolder(), 'trace');
  const waiting = [...orders];
  let left = orders.length;
  let done: () => void;
  const all = new Promise<void>((resolve) => (done = resolve));
  const env = sabotage === '' ? {} : { SABOTAGE: sabotage, NODE_OPTIONS: `--import=${PRELOAD}` };
  const writer = new Writer(
    settings(folder),
    ({ name }) => {
      if (name === undefined) return;
      if ((left -= 1) === 0) done();
      const next = waiting.shift();
      if (next) writer.order(next);
    },
    { env: env as Record<string, string>, under: tracing(trace) },
  );
  await writer.ready;
  for (const order of waiting.splice(0, IN_HAND)) writer.order(order);
  await all;
  await writer.finish();
  return readTrace(trace);
}

class Trace {
  constructor(private readonly calls: readonly SystemCall[]) {}

  find(name: RegExp, ...texts: string[]): SystemCall | undefined {
    const isIt = (call: SystemCall) =>
      name.test(call.name) && texts.every((text) => call.text.includes(text));
    return this.calls.find(isIt);
  }

  /** An fsync of this path that began after `after` had ended, and ended before `before` began. */
  synced(path: string, after: SystemCall, before: SystemCall): boolean {
    return this.calls.some(
      ({ name, text, began, ended }) =>
        /^f(data)?sync$/.test(name) &&
        text.endsWith(`<${path}>`) &&
        began > after.ended &&
        ended < before.began,
    );
  }
}

/** What stands in the wrong order for one message; empty when all is right. */
function wrongOrder(trace: Trace, { name }: Order): string[] {
  const content = trace.find(/write/, `.part>, "{\\n  \\"name\\": \\"${name}\\"`);
  const acknowledged = trace.find(/write/, `"{\\"name\\":\\"${name}\\",\\"outcome\\"`);
  if (!content || !acknowledged) return [`${name}: not written or not acknowledged`];
  const part = /<(.*\.part)>/.exec(content.text)![1]!;
  const placed = trace.find(/rename/, `"${part}", "`);
  if (!placed) return [`${name}: not renamed`];
  const file = /, "([^"]*)"$/.exec(placed.text)![1]!;
  const line = trace.find(/write/, '.ndjson>', `{\\"file\\":\\"${basename(file)}\\"`);
  const manifest = /<(.*\.ndjson)>/.exec(line?.text ?? '')?.[1] ?? '';
  const steps: [string, boolean][] = [
    ['fsync of the content before the rename', trace.synced(part, content, placed)],
    ['fsync of the folder before the acknowledgement', trace.synced(dirname(file), placed, acknowledged)],
    [
      'fsync of the manifest before the acknowledgement',
      line !== undefined && trace.synced(manifest, line, acknowledged),
    ],
    ['rename before the acknowledgement', placed.ended < acknowledged.began],
  ];
  return steps.flatMap(([step, isRight]) => (isRight ? [] : [`${name}: no ${step}`]));
}

async function survey(sabotage = ''): Promise<string[]> {
  const orders = someOrders(MESSAGES);
  const trace = new Trace(await traced(newFolder(), orders, sabotage));
  return orders.flatMap((order) => wrongOrder(trace, order));
}

describeWithServers(['strace'], `the order of system calls for ${MESSAGES} messages`, () => {
  it(
    'is write, fsync, rename, fsync of the folder and the manifest, acknowledgement',
    async () => expect(await survey()).toEqual([]),
    TEST_MS,
  );

  describe('is seen to be wrong', () => {
    it.each([
      ['no-file-fsync', 'fsync of the content'],
      ['no-folder-fsync', 'fsync of the folder'],
      ['rename-before-fsync', 'fsync of the content'],
      ['ack-before-fsync', 'fsync of the folder'],
      ['ledger-after-ack', 'fsync of the manifest'],
    ])(
      'with %s',
      async (sabotage, step) => expect((await survey(sabotage)).join()).toContain(`no ${step}`),
      TEST_MS,
    );
  });
});
