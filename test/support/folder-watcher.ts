import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Reads each file that appears in a folder at once, as a consumer that polls it would; keeps what is not whole JSON. */
export class FolderWatcher {
  readonly broken: string[] = [];
  private readonly seen = new Map<string, string>();
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;

  constructor(private readonly folder: string) {
    this.running = this.watch();
  }

  /** Looks once more, and answers the text of every file that was ever seen, by name. */
  async stop(): Promise<ReadonlyMap<string, string>> {
    this.stopping.abort();
    await this.running;
    await this.look();
    return this.seen;
  }

  private async watch(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.look();
      await delay(5);
    }
  }

  private async look(): Promise<void> {
    const names = await readdir(this.folder).catch(() => []);
    for (const name of names) {
      if (!name.endsWith('.json') || this.seen.has(name)) continue;
      const text = await readFile(join(this.folder, name), 'utf8');
      this.seen.set(name, text);
      try {
        JSON.parse(text);
      } catch {
        this.broken.push(name);
      }
    }
  }
}
