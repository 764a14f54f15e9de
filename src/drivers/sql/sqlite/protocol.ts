/** What the thread of a file is started with. */
export interface FileOptions {
  file: string;
  /** False: a file that is absent stays absent. */
  mayCreate: boolean;
  /** How long to wait for another process that writes, milliseconds. */
  busyMs: number;
  /** Of the ExitGate. */
  gate: SharedArrayBuffer;
}

export interface Statement {
  id: number;
  sql: string;
  parameters: readonly unknown[];
}

export interface FileError {
  /** SQLite's result code, extended; 0 when it is no error of SQLite's. */
  code: number;
  message: string;
}

export type Answer =
  | { id: number; rows: unknown[]; changed: number }
  | { id: number; error: FileError }
  | { ready: true }
  | { refused: FileError };
