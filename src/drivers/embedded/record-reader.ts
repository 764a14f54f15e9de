import { AppError } from '../../core/errors.js';
import type { PartitionOffsets, ReadRequest, RecordPage } from '../../ports/record-log.port.js';
import { readErrorOf } from './append-errors.js';
import type { Database } from './database.js';
import { unpackPage } from './page-codec.js';
import type { Exchanges, Op, ReadRefusal } from './protocol.js';
import { noSuchPartition } from './refusals.js';
import { withDeadline } from '../../core/with-deadline.js';
import { Trouble } from './trouble.js';

/** Pages under way at once, each up to a page's bytes in memory. */
const MOST_READS = 16;

/** Reads through the worker, bounded in time, bytes and number. */
export class RecordReader {
  private reads = 0;

  constructor(
    private readonly database: Pick<Database, 'ask'>,
    private readonly timeoutMs: number,
  ) {}

  topics(): Promise<string[]> {
    return this.ask('topics', null);
  }

  async offsets(topic: string): Promise<PartitionOffsets[]> {
    const answer = await this.ask('offsets', { topic });
    return 'refused' in answer ? refuse(topic, answer) : answer;
  }

  /** @throws AppError READERS_BUSY too, when too many read at once */
  async read(request: ReadRequest, maxBytes: number): Promise<RecordPage> {
    if (this.reads >= MOST_READS)
      throw new AppError('READERS_BUSY', `${MOST_READS} readers are at work; try again.`, { retryAfterS: 1 });
    this.reads += 1;
    try {
      return await this.page(request, maxBytes);
    } finally {
      this.reads -= 1;
    }
  }

  /** As `read`, for those who are counted elsewhere. */
  async page(request: ReadRequest, maxBytes: number): Promise<RecordPage> {
    const answer = await this.ask('read', { ...request, maxBytes });
    return 'refused' in answer ? refuse(request.topic, answer) : unpackPage(answer, request.partition);
  }

  async ping(): Promise<void> {
    await this.ask('ping', null);
  }

  private async ask<O extends Op>(op: O, ask: Exchanges[O]['ask']): Promise<Exchanges[O]['answer']> {
    const late = () =>
      new AppError('READ_TIMEOUT', `The embedded log did not answer within ${this.timeoutMs} ms.`);
    try {
      return await withDeadline(this.database.ask(op, ask), this.timeoutMs, late);
    } catch (error) {
      throw error instanceof Trouble ? readErrorOf(error) : error;
    }
  }
}

function refuse(topic: string, refusal: ReadRefusal): never {
  if (refusal.refused === 'topic') throw new AppError('TOPIC_UNKNOWN', `There is no topic ${topic}.`);
  throw noSuchPartition(refusal.partitions);
}
