import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFindings } from './servers/findings.js';
import { startLineProgram, type LineProgram } from './servers/line-program.js';

const SCRIPT = fileURLToPath(new URL('../servers/losefs.sh', import.meta.url));
const BUILD_MS = 120_000;

/** See `choice` in test/losefs/replay.go. */
export type Keep = 'none' | 'some' | 'torn' | 'all';

/** What a power cut left. The numbers count what it keeps or loses as a whole: names, pages, sizes, attributes. */
export interface CrashState {
  /** How many operations had happened. */
  moment: number;
  seed: number;
  keep: Keep;
  durable: number;
  kept: number;
  lost: number;
}

export type FaultyOperation =
  | 'create'
  | 'open'
  | 'read'
  | 'write'
  | 'truncate'
  | 'setattr'
  | 'fsync'
  | 'fdatasync'
  | 'fsync-folder'
  | 'link'
  | 'symlink'
  | 'unlink'
  | 'rename'
  | 'mkdir'
  | 'rmdir'
  | 'lookup'
  | 'getattr'
  | 'opendir';

export interface FaultOptions {
  operations: FaultyOperation[];
  /** Matches the path below the mount point; flags are ignored. Without one: all. */
  path?: RegExp;
  /** So many of them pass first. */
  skip?: number;
  /** Then so many are hit; without it, all until the fault is removed. */
  times?: number;
  error?: 'EIO' | 'ENOSPC' | 'EROFS' | 'EDQUOT' | 'EACCES' | 'EMFILE';
  delayMs?: number;
  /** They wait until the fault is removed. */
  stall?: boolean;
}

export interface Fault {
  /** How many operations it hit. */
  count(): Promise<number>;
  remove(): Promise<void>;
}

/** `moment`: the first at which this operation had happened. */
export interface LogEntry {
  moment: number;
  kind: string;
  path?: string;
  to?: string;
  offset?: number;
  length?: number;
  size?: number;
  failed?: boolean;
  mark?: unknown;
}

export interface LosefsOptions {
  /** An fsync of a new file makes its first name durable too. */
  ext4?: boolean;
  /** Each half of a move between folders is kept or lost by itself, as by a file system without a journal. */
  splitMoves?: boolean;
}

/** A file system that loses what is not durable: see test/losefs/main.go. */
export class Losefs {
  private constructor(
    private readonly program: LineProgram,
    private readonly home: string,
    private readonly options: LosefsOptions,
  ) {}

  /** Mounts an empty one; call `stop` in the end. Needs the server `losefs`: see describeWithServers. */
  static async start(options: LosefsOptions = {}): Promise<Losefs> {
    // On another disk when `npm run prove` says so.
    const home = await mkdtemp(join(process.env.POWER_FOLDER ?? readFindings().runFolder, 'losefs-'));
    const losefs = new Losefs(startLineProgram('losefs', SCRIPT, ['serve']), home, options);
    await mkdir(losefs.disk);
    await mkdir(losefs.folder);
    await losefs.mount();
    return losefs;
  }

  get pid(): number {
    return this.program.pid;
  }

  /** Where it is mounted. */
  get folder(): string {
    return join(this.home, 'at');
  }

  /** What a crash leaves lies here; until then, what was there at mount. Write here only while it is not mounted. */
  get disk(): string {
    return join(this.home, 'disk');
  }

  /** A path that does not exist, for `materialise`. */
  newFolder(name: string): string {
    return join(this.home, name);
  }

  /** Mounts the disk again, after a crash. All that lies on it is durable, and the log begins anew. */
  async mount(): Promise<void> {
    await this.program.ask('mount', { folder: this.disk, at: this.folder, ...this.options });
  }

  /** Ends it in good order: all is on the disk. @throws while a process holds a file open */
  async unmount(): Promise<void> {
    await this.program.ask('unmount');
  }

  /** From now on every request waits, until `crash`. Answers the moment. */
  freeze(): Promise<number> {
    return this.program.ask('freeze');
  }

  /** Cuts the power: processes that wait for the file system get an error, and the disk holds what survived. */
  crash(seed: number, keep?: Keep): Promise<CrashState> {
    return this.program.ask('crash', { seed, keep }, BUILD_MS);
  }

  async fault({ path, ...options }: FaultOptions): Promise<Fault> {
    const fault = await this.program.ask<number>('fault', { ...options, path: path?.source });
    return {
      count: () => this.program.ask('fault-count', { fault }),
      remove: async () => void (await this.program.ask('remove', { fault })),
    };
  }

  async clearFaults(): Promise<void> {
    await this.program.ask('clear');
  }

  /** Puts a value into the log, such as an acknowledgement that was received; answers the first moment that has it. */
  mark(value: unknown): Promise<number> {
    return this.program.ask('mark', { value });
  }

  /** All that happened since mount, without `kinds`; it stays readable after a crash. */
  log(...kinds: string[]): Promise<LogEntry[]> {
    return this.program.ask('log', { kinds }, BUILD_MS);
  }

  /** Writes what a power cut at that moment would have left into a new folder. Works while mounted and after a crash. */
  materialise(moment: number, seed: number, into: string, keep?: Keep): Promise<CrashState> {
    return this.program.ask('materialise', { moment, seed, keep, into }, BUILD_MS);
  }

  /** Saves what was recorded, so that the states of this run can be built again by another process. */
  async save(file: string): Promise<void> {
    await this.program.ask('save', { file }, BUILD_MS);
  }

  /** Takes a saved recording in place of its own, while nothing is mounted; answers the last moment. */
  load(file: string): Promise<number> {
    return this.program.ask('load', { file }, BUILD_MS);
  }

  /** Unmounts as by power cut, and removes everything; idempotent. */
  async stop(): Promise<void> {
    await this.program.end();
    await rm(this.home, { recursive: true, force: true });
  }
}
