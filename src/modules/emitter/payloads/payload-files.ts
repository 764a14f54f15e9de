import type { Logger } from 'pino';
import { systemClock, type Clock } from '../../../core/clock.js';
import { Turns } from '../../../core/turns.js';
import { PayloadFile } from './payload-file.js';

/** The payload files of all emitters, each of them read and kept once. */
export class PayloadFiles {
  private readonly files = new Map<string, PayloadFile>();
  /** One is parsed at a time. */
  private readonly turns = new Turns(1);
  private readonly clock: Clock;

  constructor(
    private readonly logger: Logger,
    clock?: Clock,
  ) {
    this.clock = clock ?? systemClock;
  }

  /** @param path absolute. */
  at(path: string, emitter: string): PayloadFile {
    const file = this.files.get(path) ?? this.open(path);
    file.emitters.push(emitter);
    return file;
  }

  private open(path: string): PayloadFile {
    const file: PayloadFile = new PayloadFile({
      path,
      logger: this.logger,
      clock: this.clock,
      otherBytes: () => this.bytesBut(file),
      inTurn: (work) => this.turns.run(work),
    });
    this.files.set(path, file);
    return file;
  }

  private bytesBut(file: PayloadFile): number {
    let bytes = 0;
    for (const other of this.files.values()) if (other !== file) bytes += other.bytes;
    return bytes;
  }
}
