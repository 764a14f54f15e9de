/** What a statement answered. */
export interface RawAnswer {
  rows: unknown[];
  /** Rows that were inserted, updated or deleted. */
  changed: number;
}

/** One session with a database, as each client library is wrapped. One statement at a time. */
export interface RawConnection {
  /** False once it broke or was destroyed. */
  readonly isUsable: boolean;
  /** @throws SqlFailure */
  query(sql: string, parameters: readonly unknown[]): Promise<RawAnswer>;
  /** A polite end. */
  close(): Promise<void>;
  /** The end at once, whatever is under way; resolves when it takes up no room any more. */
  destroy(): Promise<void>;
}

/** Opens a session that is ready for statements. @throws SqlFailure, within its own deadline */
export type Connect = () => Promise<RawConnection>;
