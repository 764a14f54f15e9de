import { AppError } from '../../core/errors.js';
import type { RecordPage, StoredRecord } from '../../ports/record-log.port.js';
import type { FetchedBatch } from './consumer-session.js';
import { unavailable } from './kafka-error.js';
import { storedBytes, storedRecord } from './stored-record.js';

export interface PageRequest {
  topic: string;
  partition: number;
  offset: number;
  limit: number;
  /** The partition's end when the page was asked for: at least what lies before it is read. */
  end: number;
  /** The node that led the partition then. */
  leader: number;
}

const PAGE_BYTES = 4 * 1024 * 1024;
/** So many answers without a record in a row mean that nothing is to be had at present. */
const FRUITLESS_FETCHES = 4;
const FRUITLESS_MS = 800;

/** Collects one page; `page` settles when it is full, at the end, or when nothing more comes. */
export class PageRead {
  readonly page: Promise<RecordPage>;
  private readonly records: StoredRecord[] = [];
  private bytes = 0;
  private next: number;
  private fruitless = 0;
  private fruitlessSince = 0;
  private over = false;
  private resolve!: (page: RecordPage) => void;
  private reject!: (error: AppError) => void;

  constructor(private readonly request: PageRequest) {
    this.next = request.offset;
    this.page = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  take({ partition, messages, next }: FetchedBatch): void {
    if (this.over || partition !== this.request.partition) return;
    this.fruitless = 0;
    for (const message of messages) {
      const record = storedRecord(partition, message);
      const bytes = storedBytes(record);
      if (this.records.length > 0 && this.bytes + bytes > PAGE_BYTES) return this.finish();
      this.records.push(record);
      this.bytes += bytes;
      this.next = record.offset + 1;
      if (this.records.length >= this.request.limit) return this.finish();
    }
    this.progress(partition, next);
  }

  /** Nothing but gaps (markers of transactions, compacted records) lies before `next`. */
  progress(partition: number, next: number): void {
    if (this.over || partition !== this.request.partition) return;
    this.next = Math.max(this.next, next);
    if (this.next >= this.request.end) this.finish();
  }

  /**
   * A broker answered; when the leader does again and again without a record, nothing can be read before the end at
   * present: a transaction is open, or compaction left an empty batch.
   */
  fetched(nodeId: string): void {
    if (nodeId !== String(this.request.leader)) return;
    const now = performance.now();
    if (this.fruitless === 0) this.fruitlessSince = now;
    this.fruitless += 1;
    if (this.fruitless >= FRUITLESS_FETCHES && now - this.fruitlessSince > FRUITLESS_MS) this.finish();
  }

  fail(error: unknown): void {
    this.over = true;
    this.reject(error instanceof AppError ? error : unavailable(error));
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    this.resolve({ records: this.records, nextOffset: this.next });
  }
}
