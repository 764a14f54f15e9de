import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../../core/clock.js';
import { codeOf, unless } from './disk.js';
import type { Layout } from './layout.js';

/** Without a sign of life for so long a process is taken for dead; it gives one each BEAT_MS. */
const SILENCE_MS = 60_000;
/** By its time stamp alone, at first sight: clocks of two machines differ by less. */
const OLD_MS = 300_000;
export const BEAT_MS = 10_000;

const host = hostname()
  .replace(/[^A-Za-z0-9]+/g, '-')
  .slice(0, 40);

/** Says where a process number means something: this boot of this machine, and this container on it. */
const place = createHash('sha256')
  .update(`${hostname()} ${readOr(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))}`)
  .update(readOr(() => readlinkSync('/proc/self/ns/pid')))
  .digest('hex')
  .slice(0, 8);

function readOr(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

/** `<host>.<place>.<process number>.<random>`, the last as recovery.ts knows it. */
export function newInstanceName(): string {
  return [host, place, process.pid, randomBytes(4).toString('hex')].join('.');
}

/**
 * Tells whether the process of an instance is over. An error does no harm: what is taken for dead loses its folder by
 * one rename, and begins anew.
 */
export class Liveness {
  private readonly seen = new Map<string, { beat: number; at: number }>();

  constructor(
    private readonly layout: Layout,
    private readonly clock: Clock,
    /** Names that this process knows to be over: those of its own former lives. */
    private readonly over: ReadonlySet<string>,
    private readonly failedFsync: ReadonlySet<string>,
  ) {}

  /** An fsync of this instance, one of this process that is over, has failed. */
  hasFailedFsync(instance: string): boolean {
    return this.failedFsync.has(instance);
  }

  /** `atStart`: a namesake is what this container was before it was started again. */
  isOver(instance: string, atStart: boolean): boolean {
    if (this.over.has(instance)) return true;
    const [itsHost, itsPlace, pid] = instance.split('.');
    if (itsPlace === place && pid !== String(process.pid) && isProcessGone(Number(pid))) return true;
    if (itsPlace !== place && itsHost === host && atStart) return true;
    return this.isSilent(instance);
  }

  private isSilent(instance: string): boolean {
    const folder = join(this.layout.tmp, instance);
    const beat = this.beatOf(join(folder, 'alive')) ?? this.beatOf(folder);
    if (beat === undefined || this.clock.now() - beat > OLD_MS) return true;
    const now = this.clock.monotonic();
    const last = this.seen.get(instance);
    if (last?.beat === beat) return now - last.at >= SILENCE_MS;
    this.seen.set(instance, { beat, at: now });
    return false;
  }

  private beatOf(path: string): number | undefined {
    return unless(['ENOENT'], () => statSync(path).mtimeMs);
  }
}

function isProcessGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}
