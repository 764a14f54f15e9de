import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { linkNew, namesIn, removeFile, unless, type Durability } from './disk.js';
import type { Layout } from './layout.js';
import { linesText, readLines, type ManifestLine } from './manifest.js';

const PLACED = '.placed';

interface Leftover {
  folder: string;
  list: string;
  /** Which of its lines has been taken: a name beside it. */
  token: string;
}

/**
 * Files of messages without id that a dead process had made and could not acknowledge: each stands for one delivery
 * that is to come again. What it stood for is taken by a hard link, so that it counts once, whoever takes it.
 */
export class Leftovers {
  private found: Map<string, Leftover[]> | undefined;

  constructor(private readonly layout: Layout) {}

  /** Keeps those of `lines` that have no id, beside the list that they were on. */
  static keep(list: string, lines: readonly ManifestLine[], durability: Durability): void {
    const nameless = lines.filter(({ id }) => id === null);
    // A crash may have left one that is torn.
    removeFile(`${list}${PLACED}`);
    if (nameless.length > 0) durability.writeNow(`${list}${PLACED}`, Buffer.from(linesText(nameless)));
  }

  static isList(name: string): boolean {
    return name.endsWith(PLACED);
  }

  /** Answers the folder to make durable, when a file of this content was waiting for its delivery; else null. */
  take(routingKey: string, sha256: string): string | null {
    this.found ??= this.read();
    const waiting = this.found.get(keyOf(routingKey, sha256));
    for (let next = waiting?.pop(); next; next = waiting?.pop()) {
      const { folder, list, token } = next;
      const isOurs = unless(['ENOENT'], () => linkNew(join(folder, list), join(folder, token)));
      if (isOurs) return folder;
    }
    return null;
  }

  private read(): Map<string, Leftover[]> {
    const found = new Map<string, Leftover[]>();
    for (const folder of namesIn(this.layout.tmp).map((name) => join(this.layout.tmp, name)))
      for (const list of namesIn(folder).filter((name) => Leftovers.isList(name))) {
        const text = unless(['ENOENT'], () => readFileSync(join(folder, list), 'utf8')) ?? '';
        for (const { file, key, sha256 } of readLines(text)) {
          const waiting = found.get(keyOf(key, sha256)) ?? [];
          waiting.push({ folder, list, token: `${basename(file, '.json')}.taken` });
          found.set(keyOf(key, sha256), waiting);
        }
      }
    return found;
  }
}

function keyOf(routingKey: string, sha256: string): string {
  return `${sha256} ${routingKey}`;
}
