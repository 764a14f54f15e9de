import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hash } from 'node:crypto';
import type { FileSettings } from '../../src/config/processor-settings.js';
import { Layout } from '../../src/modules/processor/files/worker/layout.js';
import { readLines } from '../../src/modules/processor/files/worker/manifest.js';
import { filesIn, message, messagesIn, openEngine, settings, unfinished } from '../files/support/folder.js';
import { Writer, type Order } from '../files/support/writer.js';
import type { Losefs } from '../support/losefs.js';

const VERIFY = fileURLToPath(new URL('../../scripts/verify-files.mjs', import.meta.url));
/** Breaks the process that it is preloaded into, as SABOTAGE says. */
export const PRELOAD = new URL('./sabotage.mjs', import.meta.url).href;
/** Messages in hand at once: small, so that a run has many batches. */
const PREFETCH = 24;
/** After a refusal. */
const AGAIN_MS = 100;
const OTHER: Partial<FileSettings> = { shard: 'hour' };

/** Each third has no id; some are larger than a page. */
export function someOrders(count: number): Order[] {
  return Array.from({ length: count }, (_, i) => {
    const name = `m${i}`;
    const extraBytes = i % 7 === 0 ? 9_000 : 0;
    return { name, identity: i % 3 === 0 ? null : name, redelivered: false, extraBytes };
  });
}

export function withIds(count: number): Order[] {
  return someOrders(2 * count)
    .filter(({ identity }) => identity !== null)
    .slice(0, count);
}

export function outputFolder(disk: string): string {
  return join(disk, 'out');
}

export interface LoadOptions {
  /** See sabotage.mjs. */
  sabotage?: string;
  /** So many acknowledgements are waited for; without it, all. */
  until?: number;
}

/**
 * Lets a process write the messages into the file system, and marks each acknowledgement. What is refused is delivered
 * again. Resolves when the acknowledgements that were asked for are marked; the process runs on.
 */
export async function writeUnderLoad(losefs: Losefs, orders: readonly Order[], options: LoadOptions = {}) {
  const { sabotage = '', until = orders.length } = options;
  const waiting = [...orders];
  const marks: Promise<number>[] = [];
  const told = new Set<string>();
  const refused: string[] = [];
  let answered: () => void;
  const enough = new Promise<void>((resolve) => (answered = resolve));
  const env: Record<string, string> =
    sabotage === '' ? {} : { SABOTAGE: sabotage, NODE_OPTIONS: `--import=${PRELOAD}` };
  const deliverAgain = (name: string) => {
    const order = { ...orders.find((one) => one.name === name)!, redelivered: true };
    setTimeout(() => writer.order(order), AGAIN_MS);
  };
  const writer = new Writer(
    settings(outputFolder(losefs.folder), OTHER),
    ({ name, outcome, message }) => {
      if (name === undefined) return;
      if (outcome === undefined) {
        refused.push(`${name}: ${message}`);
        return deliverAgain(name);
      }
      told.add(name);
      const mark = losefs.mark(name);
      mark.catch(() => undefined); // the power may be off by now
      marks.push(mark);
      const next = waiting.shift();
      if (next) writer.order(next);
      if (told.size === until) answered();
    },
    { env },
  );
  await writer.ready;
  for (const order of waiting.splice(0, PREFETCH)) writer.order(order);
  await enough;
  await Promise.all(marks);
  return { writer, refused, told };
}

/** The same by processes that are killed one after the other; each finishes what the one before it left. */
export async function writeWithKills(losefs: Losefs, orders: readonly Order[], each: number): Promise<void> {
  let left = [...orders];
  while (left.length > 0) {
    const { writer, told } = await writeUnderLoad(losefs, left, { until: Math.min(each, left.length) });
    await writer.kill();
    left = left.filter(({ name }) => !told.has(name)).map((order) => ({ ...order, redelivered: true }));
  }
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
    // Nobody cuts the power again: without fsync the states are done sooner.
    const engine = await openEngine(folder, { ...OTHER, fsync: false });
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
  const entered = enteredIn(folder);
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

/** The zeros that a lost append leaves are read over. */
function enteredIn(folder: string): Set<string> {
  const { manifests } = new Layout(folder);
  const texts = readdirSync(manifests).map((name) => readFileSync(join(manifests, name), 'utf8'));
  return new Set(texts.flatMap(readLines).map(({ file }) => file));
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
