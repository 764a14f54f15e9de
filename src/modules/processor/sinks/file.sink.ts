import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { AppConfig } from '../../../config/app-config.js';
import type { AppError } from '../../../core/errors.js';
import { indentJson, indentLong } from '../../../core/json-indent.js';
import { LONG_TEXT } from '../../../core/long-json.js';
import { CONFIG, LOGGER } from '../../../process/tokens.js';
import { FileStore } from '../files/file-store.js';
import type { Sink, SinkMessage } from './sink.js';

/** One indented JSON file a message in OUTPUT_FOLDER. */
@Injectable()
export class FileSink implements Sink {
  readonly name = 'file';
  private readonly store: FileStore;

  constructor(
    @Inject(CONFIG) { processor }: Pick<AppConfig, 'processor'>,
    @Inject(LOGGER) logger: Logger,
    metrics: Registry,
  ) {
    this.store = new FileStore(processor.file, { logger, metrics });
  }

  get trouble(): AppError | null {
    return this.store.trouble;
  }

  onTrouble(changed: () => void): void {
    this.store.onTrouble(changed);
  }

  start(): Promise<void> {
    return this.store.start();
  }

  /** Within `ms`, or 5 s. @throws AppError OUTPUT_UNUSABLE when the disk holds its thread (FileStore.stop) */
  stop(ms?: number): Promise<void> {
    return this.store.stop(ms);
  }

  async deliver({ routingKey, text, messageId, redelivered }: SinkMessage): Promise<void> {
    const content = text.length > LONG_TEXT ? await indentLong(text) : Buffer.from(indentJson(text));
    await this.store.write({ routingKey, content, identity: messageId, redelivered });
  }
}
