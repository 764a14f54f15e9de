/** Opening a connection may take so long, milliseconds. */
export const CONNECT_MS = 5_000;
/** So long a statement may take by the server's own watch. */
export const STATEMENT_MS = 15_000;
/** So long a statement may wait for rows that others have locked. */
export const LOCK_MS = 10_000;

/** Where a server is, and who logs in. */
export interface ServerAddress {
  host: string;
  port: number;
  database: string;
  user: string;
  password: string | undefined;
}

export function placeOf({ host, port, database }: ServerAddress): string {
  return `${database} at ${host.includes(':') ? `[${host}]` : host}:${port}`;
}
