import type { Claim, SettledSend } from '../../ports/idempotency-store.port.js';
import type { KeyToSettle, PartitionOffsets } from '../../ports/record-log.port.js';

/** What the worker is started with. */
export interface WorkerOptions {
  folder: string;
  /** Of a new topic. */
  partitions: number;
  /** The most keys that are remembered. */
  maxKeys: number;
  /** This process start: a pending key of another one is `unknown`. */
  owner: string;
}

export interface WorkerData extends WorkerOptions {
  /** Of the ExitGate. */
  gate: SharedArrayBuffer;
}

/** The calls of one message, flat, so that handing them to the worker costs one transfer (append-codec.ts). */
export interface PackedAppend {
  /** The topics that occur; records name them by index. */
  topics: string[];
  /** RECORD_FIELDS numbers per record. */
  records: Float64Array<ArrayBuffer>;
  /** Keys, values and headers, one after the other. */
  bytes: Uint8Array<ArrayBuffer>;
  /** How many records each call has, in order. */
  calls: number[];
  /** Keys to settle, by the index of their call. */
  settles: [call: number, key: KeyToSettle][];
}

/** A page of records, flat (page-codec.ts). */
export interface PackedPage {
  /** PAGE_FIELDS numbers per record. */
  records: Float64Array<ArrayBuffer>;
  bytes: Uint8Array<ArrayBuffer>;
  nextOffset: number;
}

/** Why the worker refuses a read: the topic or the partition is not there. */
export type ReadRefusal = { refused: 'topic' } | { refused: 'partition'; partitions: number };

export interface KeyEntry {
  key: string;
  fingerprint: string;
  expiresAt: number;
  now: number;
}

/** Everything the worker can be asked, by name: the question's fields and the answer. */
export interface Exchanges {
  /** Answers two numbers per record: its place, or a refusal (refusals.ts). */
  append: { ask: PackedAppend; answer: Float64Array<ArrayBuffer> };
  topics: { ask: null; answer: string[] };
  offsets: { ask: { topic: string }; answer: PartitionOffsets[] | ReadRefusal };
  read: {
    ask: { topic: string; partition: number; offset: number; limit: number; maxBytes: number };
    answer: PackedPage | ReadRefusal;
  };
  /** `inMemory` counts keys that are claimed and not in the file. */
  claim: { ask: KeyEntry & { durable: boolean; inMemory: number }; answer: Claim | 'full' };
  settle: { ask: KeyEntry & { send: SettledSend }; answer: null };
  abandon: { ask: KeyEntry; answer: null };
  release: { ask: { key: string }; answer: null };
  /** Forgets expired keys, then those above the bound, `limit` each at most; answers how many. */
  sweep: { ask: { now: number; inMemory: number; limit: number }; answer: number };
  ping: { ask: null; answer: null };
  close: { ask: null; answer: null };
}

export type Op = keyof Exchanges;

/** A question under way to the worker. */
export type Question = { [O in Op]: { id: number; op: O; ask: Exchanges[O]['ask'] } }[Op];

/** Why nothing of a question was done: the disk is full, or SQLite failed otherwise. */
export interface Failure {
  code: 'full' | 'failed';
  message: string;
}

export type Answer = { id: number; value: Exchanges[Op]['answer'] } | { id: number; failure: Failure };

export type FromWorker =
  | { kind: 'ready' }
  /** The file cannot be opened; the worker ends. */
  | { kind: 'refused'; message: string }
  /** `commitMs`: how long the transaction took that these answers waited for, null without one. */
  | { kind: 'answers'; answers: Answer[]; commitMs: number | null };
