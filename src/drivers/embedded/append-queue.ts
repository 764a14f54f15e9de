import type { AppError } from '../../core/errors.js';
import type { AppendOptions, AppendOutcome, NewRecord } from '../../ports/record-log.port.js';
import { AppendCall } from './append-call.js';
import { AppendPacker, leastBytes } from './append-codec.js';
import { bufferFull, errorOf, notInTime, outcomeUnknown, shuttingDown } from './append-errors.js';
import type { Database } from './database.js';
import { InFlight } from './in-flight.js';
import { Trouble } from './trouble.js';

/** The worker commits one message while the next one fills; more would only leave more unknown when it dies. */
const MESSAGES_AT_WORKER = 2;
/** A message is full above this; a reader waits for no more than MESSAGES_AT_WORKER of them. */
const MESSAGE_BYTES = 4 * 1024 * 1024;

export interface QueueOptions {
  maxRecordBytes: number;
  bufferBytes: number;
  timeoutMs: number;
  /** Told the topics of a message that the worker has answered. */
  onWritten: (topics: readonly string[]) => void;
  /** Told of each message that the storage refused, and with null of each that it took. */
  onTrouble: (trouble: Trouble | null) => void;
}

interface Message {
  packer: AppendPacker;
  calls: AppendCall[];
  /** Calls that were not withdrawn. */
  live: number;
}

/**
 * Bounded buffer between `append` and the worker: gathers the calls of one turn of the event loop, and all that come
 * while the worker is busy, into one message.
 */
export class AppendQueue {
  private readonly waiting: Message[] = [];
  private readonly flight = new InFlight<AppendCall>((call) => this.late(call, notInTime()));
  private atWorker = 0;
  private sendSoon = false;

  constructor(
    private readonly database: Pick<Database, 'ask' | 'isUp'>,
    private readonly options: QueueOptions,
  ) {}

  /** Bytes that wait for the disk. */
  get size(): number {
    return this.flight.bytes;
  }

  /** @throws AppError BUFFER_FULL */
  take(records: readonly NewRecord[], { settles }: AppendOptions): Promise<AppendOutcome[]> {
    if (this.overfull(leastBytes(records))) throw bufferFull();
    const message = this.lastMessage();
    const bytes = message.packer.add(records, settles);
    if (this.overfull(bytes)) {
      message.packer.undo(bytes);
      throw bufferFull();
    }
    const call = new AppendCall(records.length, bytes, performance.now() + this.options.timeoutMs);
    call.place = message.calls.push(call) - 1;
    message.live += 1;
    this.flight.add(call);
    this.scheduleSend();
    return call.outcomes;
  }

  /** Sends what waits, as far as the worker takes it. */
  send(): void {
    while (this.database.isUp && this.atWorker < MESSAGES_AT_WORKER) {
      const message = this.waiting.shift();
      if (!message) return;
      void this.hand(message);
    }
  }

  /** Resolves when nothing is in flight. */
  empty(): Promise<void> {
    return this.flight.empty();
  }

  /** Answers at once what has no outcome: a stop cannot wait longer. Answers how many records that were. */
  giveUp(): number {
    let records = 0;
    this.flight.expire(Infinity, (call) => {
      records += call.count;
      this.late(call, shuttingDown());
    });
    return records;
  }

  private overfull(more: number): boolean {
    return this.size > 0 && this.size + more > this.options.bufferBytes;
  }

  private lastMessage(): Message {
    const last = this.waiting.at(-1);
    if (last && last.packer.size < MESSAGE_BYTES) return last;
    const message = { packer: new AppendPacker(this.options.maxRecordBytes), calls: [], live: 0 };
    this.waiting.push(message);
    return message;
  }

  private scheduleSend(): void {
    if (this.sendSoon) return;
    this.sendSoon = true;
    setImmediate(() => {
      this.sendSoon = false;
      this.send();
    });
  }

  private async hand({ packer, calls }: Message): Promise<void> {
    this.atWorker += 1;
    for (const call of calls) call.handedOver = true;
    const packed = packer.pack();
    try {
      const places = await this.database.ask('append', packed, [packed.bytes.buffer, packed.records.buffer]);
      this.options.onTrouble(null);
      this.answer(calls, places);
      this.options.onWritten(packed.topics);
    } catch (error) {
      this.options.onTrouble(error as Trouble);
      const failure = errorOf(error as Trouble);
      for (const call of calls) this.flight.end(call, () => call.fail(failure));
    } finally {
      this.atWorker -= 1;
      this.send();
    }
  }

  private answer(calls: readonly AppendCall[], places: Float64Array): void {
    let at = 0;
    for (const call of calls) {
      this.flight.end(call, () => call.settle(places, at));
      at += 2 * call.count;
    }
  }

  /** `error` is for what the worker has not got; what it has may be written yet. */
  private late(call: AppendCall, error: AppError): void {
    if (call.handedOver) call.expire(outcomeUnknown());
    else this.withdraw(call, error);
  }

  private withdraw(call: AppendCall, error: AppError): void {
    const at = this.waiting.findIndex(({ calls }) => calls[call.place] === call);
    const message = this.waiting[at]!;
    message.packer.withdraw(call.place);
    message.live -= 1;
    this.flight.end(call, () => call.fail(error));
    if (message.live === 0) this.waiting.splice(at, 1);
  }
}
