import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { nameTime } from '../file-names.js';
import { FILE_MODE, namesIn, writeAll, type Durability } from './disk.js';
import type { Layout } from './layout.js';

/** More than the lines of the batches that one instance can have in hand. */
const TAIL_BYTES = 4 * 1024 * 1024;

/** One file in the ledger: a line of JSON. */
export interface ManifestLine {
  /** Relative to OUTPUT_FOLDER. */
  file: string;
  bytes: number;
  /** Of the file's bytes, hexadecimal. */
  sha256: string;
  /** The message id. */
  id: string | null;
  /** The routing key, whole. */
  key: string;
  /** ISO 8601, UTC. */
  at: string;
}

export function lineText(line: ManifestLine): string {
  return `${JSON.stringify(line)}\n`;
}

export function linesText(lines: readonly ManifestLine[]): string {
  return lines.map(lineText).join('');
}

/**
 * A line that a crash tore is left out: nothing had come of it yet. Zeros before a line are an append that a power cut or
 * a failed fsync lost.
 */
export function readLines(text: string): ManifestLine[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line.slice(line.lastIndexOf('\0') + 1)) as ManifestLine];
    } catch {
      return [];
    }
  });
}

/** The ledger of one instance: a file for each day, only ever appended to. */
export class Manifest {
  private isTorn = false;
  private open: { day: string; fd: number; path: string } | undefined;

  constructor(
    private readonly layout: Layout,
    private readonly instance: string,
    private readonly durability: Durability,
  ) {}

  /** Takes whole lines; answers what makes them durable (Durability.files). */
  append(text: string, now: number): (number | null)[] {
    if (text === '') return [];
    const { day } = nameTime(now, 'utc');
    const isNew = this.open?.day !== day;
    if (isNew) this.turn(day);
    const { path, fd } = this.open!;
    // Only the last line of a file may be torn: what was cut short by a full disk is entered by the next instance.
    if (this.isTorn) throw new Error('the manifest ends in a torn line');
    this.isTorn = true;
    writeAll(fd, Buffer.from(text));
    this.isTorn = false;
    return [path, ...(isNew ? [this.layout.manifests] : [])].map((one) => this.durability.reopen(one));
  }

  close(): void {
    if (this.open) closeSync(this.open.fd);
    this.open = undefined;
  }

  private turn(day: string): void {
    this.close();
    const path = join(this.layout.manifests, `${day}~${this.instance}.ndjson`);
    this.open = { day, path, fd: openSync(path, 'a', FILE_MODE) };
  }
}

/** The ledger's files of the last two days of `instance`. */
export function manifestsOf(instance: string, layout: Layout): string[] {
  const files = namesIn(layout.manifests).filter((name) => name.endsWith(`~${instance}.ndjson`));
  const latest = files.sort().slice(-2);
  return latest.map((name) => join(layout.manifests, name));
}

/** The files that `instance` entered last. */
export function lastEnteredBy(instance: string, layout: Layout): Set<string> {
  const lines = manifestsOf(instance, layout).flatMap((path) => readLines(tail(path)));
  return new Set(lines.map(({ file }) => file));
}

function tail(path: string): string {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    const read = readSync(fd, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8', 0, read);
  } finally {
    closeSync(fd);
  }
}
