import { existsSync, readFileSync, statSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Losefs, type CrashState, type Keep, type LosefsOptions } from '../support/losefs.js';

/** One file system for one test, with the steps that the tests of durability are made of. */
export class Disk {
  private readonly handles: FileHandle[] = [];
  private states = 0;
  private constructor(readonly losefs: Losefs) {}

  static async start(options: LosefsOptions = {}): Promise<Disk> {
    return new Disk(await Losefs.start(options));
  }

  /** A path below the mount point. */
  at(path: string): string {
    return join(this.losefs.folder, path);
  }

  async open(path: string, flags = 'w+'): Promise<FileHandle> {
    const handle = await open(this.at(path), flags);
    this.handles.push(handle);
    return handle;
  }

  /** Writes a new file, and makes its data durable when asked to; its name is not. */
  async write(path: string, content: string, sync?: 'fsync'): Promise<FileHandle> {
    const file = await this.open(path);
    await file.writeFile(content);
    if (sync) await file.sync();
    return file;
  }

  async syncFolder(path = '.'): Promise<void> {
    await (await this.open(path, 'r')).sync();
  }

  /** A file whose data and name are durable. */
  async durable(path: string, content: string): Promise<FileHandle> {
    const file = await this.write(path, content, 'fsync');
    await this.syncFolder();
    return file;
  }

  /** What a power cut now would leave at these paths; null where nothing is. */
  async after(keep: Keep, ...paths: string[]): Promise<(string | null)[]> {
    return (await this.state(0, keep, paths)).contents;
  }

  /** All contents that the seeds 1 to `seeds` leave of one file, each once. */
  async possible(path: string, seeds: number, keep?: Keep): Promise<(string | null)[]> {
    const seen = new Set<string | null>();
    for (let seed = 1; seed <= seeds; seed++) {
      for (const content of (await this.state(seed, keep, [path])).contents) seen.add(content);
    }
    return [...seen];
  }

  async state(seed: number, keep: Keep | undefined, paths: string[]): Promise<State> {
    const folder = this.losefs.newFolder(`state-${++this.states}`);
    const moment = (await this.losefs.log()).length;
    const crash = await this.losefs.materialise(moment, seed, folder, keep);
    return { folder, crash, contents: paths.map((path) => contentOf(join(folder, path))) };
  }

  async stop(): Promise<void> {
    await Promise.all(this.handles.map((handle) => handle.close().catch(() => undefined))); // an aborted one fails
    await this.losefs.stop();
  }
}

interface State {
  folder: string;
  crash: CrashState;
  contents: (string | null)[];
}

/** `<folder>` of a folder; null where nothing is. */
export function contentOf(path: string): string | null {
  if (!existsSync(path)) return null;
  return statSync(path).isDirectory() ? '<folder>' : readFileSync(path, 'latin1');
}

/** One character for each sector of 512 bytes, such as `aaab`; `0` for zeros, `?` for a mixture. */
export function sectors(content: string | null): string | null {
  if (content === null) return null;
  const letter = (sector: string) => (/^(.)\1*$/s.test(sector) ? sector[0]!.replace('\0', '0') : '?');
  return (content.match(/.{1,512}/gs) ?? []).map(letter).join('');
}
