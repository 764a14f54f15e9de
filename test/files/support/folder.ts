import { lstatSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { FileSettings } from '../../../src/config/processor-settings.js';
import { systemClock, type Clock } from '../../../src/core/clock.js';
import { FileStore, type FileStoreOptions } from '../../../src/modules/processor/files/file-store.js';
import type { FileToWrite } from '../../../src/modules/processor/files/file-to-write.js';
import { FileEngine } from '../../../src/modules/processor/files/worker/engine.js';
import type { ManifestLine } from '../../../src/modules/processor/files/worker/manifest.js';

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'carillon-files-'));
}

export function settings(folder: string, other: Partial<FileSettings> = {}): FileSettings {
  return { folder, fsync: true, time: 'utc', shard: 'none', identityMs: 3_600_000, ...other };
}

export async function openEngine(
  folder: string,
  other: Partial<FileSettings> = {},
  clock: Clock = systemClock,
): Promise<FileEngine> {
  const engine = new FileEngine({ settings: settings(folder, other), over: [], clock });
  await engine.open(0);
  return engine;
}

export function newStore(
  folder: string,
  other: Partial<FileSettings> = {},
  options: Partial<FileStoreOptions> = {},
) {
  const metrics = new Registry();
  const logger = pino({ level: process.env.TEST_LOG ?? 'silent' });
  return { metrics, store: new FileStore(settings(folder, other), { logger, metrics, ...options }) };
}

/** A message whose content tells which it is, and where it ends. */
export function message(name: string, other: Partial<FileToWrite> = {}): FileToWrite {
  const content = Buffer.from(
    JSON.stringify({ name, filler: 'x'.repeat(name.length * 37), end: true }, null, 2),
  );
  return { routingKey: 'expense.created', content, identity: name, redelivered: false, ...other };
}

export function nameless(name: string, other: Partial<FileToWrite> = {}): FileToWrite {
  return message(name, { identity: null, ...other });
}

/** Paths of all finished files, relative to the folder. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
}

/** The names of the messages whose files are there, sorted. @throws when one is not whole */
export function messagesIn(folder: string): string[] {
  return filesIn(folder)
    .map((file) => nameOf(readFileSync(join(folder, file), 'utf8')))
    .sort();
}

/** @throws when the text is not a whole message */
export function nameOf(text: string): string {
  const { name, end } = JSON.parse(text) as { name: string; end: boolean };
  if (!end) throw new Error(`half a file: ${text}`);
  return name;
}

export function manifestOf(folder: string): ManifestLine[] {
  const manifests = join(folder, '.carillon', 'manifest');
  return readdirSync(manifests).flatMap((file) => {
    const texts = readFileSync(join(manifests, file), 'utf8').split('\n');
    // A crash or a full disk may have torn the last one.
    texts.pop();
    return texts.map((text) => JSON.parse(text) as ManifestLine);
  });
}

/** What is in hand: parts, lists and reserved names; empty when all is done. */
export function unfinished(folder: string): string[] {
  return readdirSync(join(folder, '.carillon'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.(part|batch|new)$/.test(name) || /^names\/./.test(name),
  );
}

export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
