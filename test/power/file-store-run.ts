import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hash } from 'node:crypto';
import type { FileSettings } from '../../src/config/processor-settings.js';
import { Layout } from '../../src/modules/processor/files/worker/layout.js';
import {
  filesIn,
  manifestOf,
  message,
  messagesIn,
  openEngine,
  settings,
  unfinished,
} from '../files/support/folder.js';
import { Writer, type Order } from '../files/support/writer.js';
import type { Losefs } from '../support/losefs.js';

const VERIFY = fileURLToPath(new URL('../../scripts/verify-files.mjs', import.meta.url));
const PRELOAD = new URL('./sabotage.mjs', import.meta.url).href;
/** Messages in hand at once: small, so that a run has many batches. */
const PREFETCH = 24;
const OTHER: Partial<FileSettings> = { shard: 'hour' };

/** Each third has no id; some are larger than a page. */
export function someOrders(count: number): Order[] {
  return Array.from({ length: count }, (_, i) => {
    const name = `m${i}`;
    const extraBytes = i % 7 === 0 ? 9_000 : 0;
    return { name, identity: i % 3 === 0 ? null : name, redelivered: false, extraBytes };
  });
}

export function outputFolder(disk: string): string {
  return join(disk, 'out');
}

/**
 * Lets a process write the messages into the file system, and marks each that it answered. Kills it when `until` many
 * are answered.
 */
export async function writeUnderLoad(
  losefs: Losefs,
  orders: readonly Order[],
  sabotage = '',
  until = orders.length,
) {
  const waiting = [...orders];
  const marks: Promise<number>[] = [];
  let answered: () => void;
  const enough = new Promise<void>((resolve) => (answered = resolve));
  const env: Record<string, string> =
    sabotage === '' ? {} : { SABOTAGE: sabotage, NODE_OPTIONS: `--import=${PRELOAD}` };
  const folder = outputFolder(losefs.folder);
  const refused: string[] = [];
  const writer = new Writer(
    settings(folder, OTHER),
    (said) => {
      if (said.name === undefined) return;
      if (said.outcome === undefined) refused.push(`${said.name}: ${said.message}`);
      else marks.push(losefs.mark(said.name));
      const next = waiting.shift();
      if (next) writer.order(next);
      if (marks.length + refused.length === until) answered();
    },
    { env },
  );
  await writer.ready;
  for (const order of waiting.splice(0, PREFETCH)) writer.order(order);
  await enough;
  return { writer, refused, marked: () => Promise.all(marks) };
}

/** What is wrong after a power cut; empty when every promise was kept. */
export async function wrongAfterCut(
  disk: string,
  orders: readonly Order[],
  acknowledged: ReadonlySet<string>,
) {
  const folder = outputFolder(disk);
  try {
    // What a reader finds before anybody has mended anything is whole.
    if (existsSync(folder)) messagesIn(folder);
    const engine = await openEngine(folder, OTHER);
    try {
      const wrong = [...wrongFiles(folder, acknowledged), ...wrongBooks(folder, orders)];
      // The broker delivers again what it heard no acknowledgement of.
      const again = orders.filter(({ name }) => !acknowledged.has(name));
      if (again.length > 0) await engine.write(again.map(fileOf));
      return [...wrong, ...wrongAtLast(folder, orders, acknowledged), ...(await wrongByScript(folder))];
    } finally {
      await engine.close();
    }
  } catch (error) {
    return [(error as Error).message];
  }
}

function fileOf({ name, identity, extraBytes = 0 }: Order) {
  const filler = 'x'.repeat(name.length * 37 + extraBytes);
  const content = Buffer.from(JSON.stringify({ name, filler, end: true }, null, 2));
  return message(name, { identity, content, redelivered: true });
}

function counted(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** Each message that was acknowledged is there, and no message is there twice. */
function wrongFiles(folder: string, acknowledged: ReadonlySet<string>): string[] {
  const found = counted(messagesIn(folder));
  const lost = [...acknowledged].filter((name) => !found.has(name)).map((name) => `${name} is lost`);
  const twice = [...found].filter(([, count]) => count > 1).map(([name, count]) => `${name}: ${count} files`);
  return [...lost, ...twice];
}

/** Claims, manifest and files agree, and nothing is in hand. */
function wrongBooks(folder: string, orders: readonly Order[]): string[] {
  const files = new Set(filesIn(folder));
  const entered = new Set(manifestOf(folder).map(({ file }) => file));
  const found = new Set(messagesIn(folder));
  const layout = new Layout(folder);
  const claimed = new Set(layout.shards.flatMap((shard) => readdirSync(shard)));
  const claims = orders.flatMap(({ name, identity }) => {
    const isClaimed = identity !== null && claimed.has(hash('sha256', identity).slice(0, 32));
    return identity === null || isClaimed === found.has(name)
      ? []
      : [`${name}: ${isClaimed ? 'a claim without a file' : 'a file without a claim'}`];
  });
  return [
    ...[...files].filter((file) => !entered.has(file)).map((file) => `${file} is in no manifest`),
    ...[...entered].filter((file) => !files.has(file)).map((file) => `${file} is in a manifest only`),
    ...claims,
    ...unfinished(folder).map((name) => `${name} was left`),
  ];
}

/**
 * Each message has exactly one file in the end. One without id that was written and not acknowledged may have two: nothing
 * tells the second delivery from another message.
 */
function wrongAtLast(folder: string, orders: readonly Order[], acknowledged: ReadonlySet<string>): string[] {
  const found = counted(messagesIn(folder));
  const isRight = ({ name, identity }: Order) => {
    const count = found.get(name) ?? 0;
    return count === 1 || (count === 2 && identity === null && !acknowledged.has(name));
  };
  return orders
    .filter((order) => !isRight(order))
    .map(({ name }) => `${name}: ${found.get(name) ?? 0} files after it was delivered again`);
}

function wrongByScript(folder: string): Promise<string[]> {
  return new Promise((resolve) => {
    execFile(process.execPath, [VERIFY, folder], (error, stdout, stderr) =>
      resolve(error ? [`verify:files: ${stdout}${stderr}`] : []),
    );
  });
}
