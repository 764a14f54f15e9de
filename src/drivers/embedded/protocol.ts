import type { Claim, SettledSend } from '../../ports/idempotency-store.port.js';
import type { KeyToSettle, PartitionOffsets } from '../../ports/record-log.port.js';
import type { Flat } from './flat.js';

/** What the worker is started with. */
export interface WorkerOptions {
  folder: string;
  /** Of a new topic. */
  partitions: number;
  /** The most keys that are remembered. */
  maxKeys: number;
  /** The most messages of the exchange, dead letters included. */
  maxMessages: number;
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

/** What became of a published message. */
export const PUBLISHED = { ok: 0, unroutable: 1, full: 2 } as const;

/** A queue's next messages after the id `after`, in the order of their ids. */
export interface FetchRequest {
  queue: string;
  after: number;
  limit: number;
  maxBytes: number;
  now: number;
}

/** Messages that are handed out (message-codec.ts). */
export interface Fetch {
  rows: Flat;
  /** The last one's id, or `after`. */
  last: number;
  /** Others are ready already. */
  more: boolean;
  /** When the next one that waits is due, milliseconds since the Unix epoch. */
  nextDue: number | null;
}

/** Verdicts on messages by their ids. Carrying one out twice does nothing more. */
export interface Verdicts {
  done: number[];
  retries: { id: number; dueAt: number; progress: string }[];
  dead: {
    id: number;
    attempts: number;
    firstSeenAt: number;
    diedAt: number;
    code: string;
    message: string;
    /** What a resend begins with. */
    progress: string;
  }[];
}

/** What the worker can be asked about exchanges and queues, by name. A queue that is not there is empty. */
export interface BrokerExchanges {
  /** Creates the queue where there is none, and replaces its bindings. */
  declare: { ask: { queue: string; exchange: string; bindings: readonly string[] }; answer: null };
  /** Answers one of PUBLISHED for each message, and the queues that got any. */
  publish: { ask: Flat; answer: { outcomes: number[]; queues: string[] } };
  /** Carries verdicts out, and in the same breath fetches what there is room for then. */
  serve: { ask: { verdicts: Verdicts | null; fetch: FetchRequest | null }; answer: Fetch | null };
  /** How many messages lie in the file. */
  count: { ask: null; answer: number };
  /** The same by queue, the fullest first. */
  depths: { ask: null; answer: { queue: string; messages: number; deadLetters: number }[] };
  /** A page of dead letters after the id `after`. */
  letters: {
    ask: { queue: string; after: number; limit: number; maxBytes: number };
    answer: { rows: Flat; total: number; more: boolean };
  };
  /** Ids of dead letters, the oldest first. */
  letterIds: { ask: { queue: string; limit: number }; answer: number[] };
  /** Which of these dead letters are there. */
  present: { ask: { queue: string; ids: readonly number[] }; answer: number[] };
  /** Looks at `looked` of them, the first ones, until `maxBytes` are sent again. */
  resend: {
    ask: { queue: string; ids: readonly number[]; maxBytes: number };
    answer: { sent: number[]; looked: number };
  };
  /** False when it was not there. */
  discard: { ask: { queue: string; id: number }; answer: boolean };
}

/** Everything the worker can be asked, by name: the question's fields and the answer. */
export interface Exchanges extends BrokerExchanges {
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

/** Those that change nothing in the file, and so wait for no commit. */
export const READING: ReadonlySet<Op> = new Set([
  'topics',
  'offsets',
  'read',
  'ping',
  'count',
  'depths',
  'letters',
  'letterIds',
  'present',
]);

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
