import type { PayloadFile } from './payload-file.js';
import type { Picker } from './payload-order.js';
import type { PayloadSource } from './payload-source.js';

/** One emitter's way through a payload file that others may share. */
export class FilePayloads implements PayloadSource {
  private isStarted = false;

  constructor(
    private readonly file: PayloadFile,
    private readonly pick: Picker,
  ) {}

  get trouble() {
    return this.file.trouble;
  }

  async start(): Promise<void> {
    await this.file.start();
    this.isStarted = true;
  }

  async stop(): Promise<void> {
    if (!this.isStarted) return;
    this.isStarted = false;
    await this.file.stop();
  }

  next(): string {
    return this.pick(this.file.payloads);
  }
}
