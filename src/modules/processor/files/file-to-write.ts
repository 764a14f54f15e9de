/** A file for FileStore.write. */
export interface FileToWrite {
  routingKey: string;
  /** The whole file. Must not be changed until `write` has answered. */
  content: Uint8Array;
  /** The message id, if it has one: makes the file exactly once. */
  identity: string | null;
  /** True when this message may have been written before: after a delivery that failed, or a write that rejected. */
  redelivered: boolean;
}

/** What has become of it. `known`: a file was made of this message before, whatever its name. */
export type WriteOutcome =
  { outcome: 'written'; /** Relative to the folder. */ name: string; bytes: number } | { outcome: 'known' };

/** What the worker answers. `refused`: its file cannot be made, whatever is done about the disk. */
export type BatchOutcome =
  WriteOutcome | { outcome: 'refused'; /** As the operating system names it. */ code: string };
