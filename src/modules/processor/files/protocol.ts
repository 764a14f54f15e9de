import type { FileSettings } from '../../../config/processor-settings.js';
import type { FileToWrite } from './file-to-write.js';
import type { Written } from './worker/engine.js';

/** What the worker thread is started with. */
export interface WorkerData {
  settings: FileSettings;
  /** Instances of this process that are over. */
  over: readonly string[];
}

/** Questions by name, each with its answer. */
export interface Exchanges {
  open: { ask: { probeBytes: number }; answer: { instance: string; finished: number } };
  write: { ask: PackedFiles; answer: Written };
  close: { ask: null; answer: null };
}

export type Op = keyof Exchanges;

/** A batch as it goes to the worker: the contents in one piece, which is handed over. */
export interface PackedFiles {
  contents: Uint8Array<ArrayBuffer>;
  /** `length` bytes of `contents` each, in order. */
  files: (Omit<FileToWrite, 'content'> & { length: number })[];
}

export type Question = { [O in Op]: { id: number; op: O; ask: Exchanges[O]['ask'] } }[Op];

/** Why something failed. `disowned`: what was in hand is to be written again. */
export interface Failure {
  kind: 'disk' | 'disowned';
  /** As the operating system names it: ENOSPC, ... */
  code: string | undefined;
  message: string;
}

export type FromWorker =
  | { kind: 'answer'; id: number; value: Exchanges[Op]['answer'] }
  | { kind: 'failure'; id: number; failure: Failure }
  /** Between questions: the folder is not usable any more. */
  | { kind: 'trouble'; failure: Failure }
  | { kind: 'finished'; files: number }
  | { kind: 'swept'; claims: number };

export function pack(files: readonly FileToWrite[]): PackedFiles {
  const contents = new Uint8Array(files.reduce((sum, { content }) => sum + content.length, 0));
  let at = 0;
  const packed = files.map(({ content, routingKey, identity, redelivered }) => {
    contents.set(content, at);
    at += content.length;
    return { routingKey, identity, redelivered, length: content.length };
  });
  return { contents, files: packed };
}

export function unpack({ contents, files }: PackedFiles): FileToWrite[] {
  let at = 0;
  return files.map(({ routingKey, identity, redelivered, length }) => {
    const content = contents.subarray(at, (at += length));
    return { routingKey, identity, redelivered, content };
  });
}
