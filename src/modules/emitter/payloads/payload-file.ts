import type { Logger } from 'pino';
import type { Clock } from '../../../core/clock.js';
import { AppError, asAppError } from '../../../core/errors.js';
import { FailureLog } from '../../../core/failure-log.js';
import { startLoop, type Loop } from '../../../core/loop.js';
import type { PayloadList } from '../../../core/payload-list.js';
import type { Payloads } from './payload-order.js';
import { readPayloads, versionAt, type ReadOptions } from './read-payloads.js';

export interface PayloadFileOptions {
  /** Absolute. */
  path: string;
  logger: Logger;
  clock: Clock;
  otherBytes: () => number;
  inTurn: ReadOptions['inTurn'];
}

const LOOK_EVERY_MS = 1000;
/** At the start a file that is being written is waited for so often. */
const START_TRIES = 10;
const START_PAUSE_MS = 200;
/** Looks at which a file is another one each time, until that is trouble. */
const RESTLESS_LOOKS = 10;
/** Of its emitters the log names so many. */
const NAMED = 3;

/**
 * Payloads of a file. Once a second it looks whether the file is another one, by its time, size and inode (a watch would
 * miss network disks and swapped links), and reads it when it has been quiet for a second. A bad file, or one that is
 * never quiet, leaves the payloads before it in use, and the log and `trouble` say so until there is a good one.
 */
export class PayloadFile {
  /** Whose payloads they are. */
  readonly emitters: string[] = [];
  trouble: AppError | null = null;
  private list: PayloadList | null = null;
  /** The version that was judged last, and what is wrong with it. */
  private judged = '';
  private verdict: AppError | null = null;
  /** At the last look. */
  private seen = '';
  private restless = 0;
  private users = 0;
  private reading: Promise<void> | null = null;
  private loop: Loop | undefined;
  private failures: FailureLog | undefined;

  constructor(private readonly options: PayloadFileOptions) {}

  /** Never empty once started. */
  get payloads(): Payloads {
    return this.list ?? [];
  }

  /** Of the payloads in use. */
  get bytes(): number {
    return this.list?.byteLength ?? 0;
  }

  /** To be called once for each emitter, as `stop`. @throws AppError PAYLOAD_FILE_UNUSABLE */
  async start(): Promise<void> {
    this.users += 1;
    this.reading ??= this.begin();
    try {
      await this.reading;
    } catch (error) {
      this.users -= 1;
      this.reading = null;
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.users -= 1;
    if (this.users > 0) return;
    await this.loop?.stop();
    this.reading = null;
  }

  private async begin(): Promise<void> {
    const { path, logger, clock } = this.options;
    for (let tries = 1; !(await this.read()); tries += 1) {
      if (tries === START_TRIES) throw keepsChanging(path);
      await clock.sleep(START_PAUSE_MS);
    }
    this.seen = this.judged;
    this.failures = new FailureLog(
      logger,
      `The payload file of ${this.shownEmitters()} is no longer good; the payloads before stay in use`,
      () => clock.now(),
    );
    this.loop = startLoop({
      name: `payload file of ${this.shownEmitters()}`,
      everyMs: LOOK_EVERY_MS,
      run: () => this.look(),
      onError: (error) => this.refuse(asAppError(error)),
      clock,
    });
  }

  private async look(): Promise<void> {
    const version = await versionAt(this.options.path);
    const isQuiet = version === this.seen;
    this.seen = version;
    if (version === this.judged || (isQuiet && (await this.isReadAnew(version)))) {
      this.restless = 0;
      return this.tell();
    }
    this.restless += 1;
    if (this.restless >= RESTLESS_LOOKS) this.refuse(keepsChanging(this.options.path));
  }

  /** False when it changed meanwhile. */
  private async isReadAnew(version: string): Promise<boolean> {
    try {
      if (!(await this.read())) return false;
    } catch (error) {
      this.judged = version;
      this.verdict = asAppError(error);
      return true;
    }
    const what = `The payload file of ${this.shownEmitters()} was read again.`;
    this.tell();
    this.options.logger.info(
      { emitters: this.emitters.slice(0, NAMED), payloads: this.payloads.length },
      what,
    );
    return true;
  }

  /** False when it changed meanwhile. @throws AppError */
  private async read(): Promise<boolean> {
    const { path, otherBytes, inTurn } = this.options;
    const read = await readPayloads(path, { otherBytes: otherBytes(), inTurn });
    if (!read) return false;
    this.judged = read.version;
    this.verdict = null;
    this.list = read.payloads;
    return true;
  }

  private tell(): void {
    if (this.verdict) return this.refuse(this.verdict);
    this.trouble = null;
    this.failures?.succeeded();
  }

  private refuse(error: AppError): void {
    this.trouble = error;
    this.failures?.failed(error);
  }

  private shownEmitters(): string {
    const { emitters } = this;
    const named = emitters.slice(0, NAMED).join(', ');
    if (emitters.length > NAMED) return `the emitters ${named} and ${emitters.length - NAMED} more`;
    return emitters.length === 1 ? `the emitter ${named}` : `the emitters ${named}`;
  }
}

function keepsChanging(path: string): AppError {
  return new AppError('PAYLOAD_FILE_UNUSABLE', `Payload file keeps changing: ${path}`);
}
