import type { Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';

/** An address that the target policy does not allow; `message` names the variable that would. */
export class TargetForbiddenError extends Error {
  override readonly name = 'TargetForbiddenError';
}

/** The observer's own DNS does not answer: nothing is known of the target. */
export class ResolverError extends Error {
  override readonly name = 'ResolverError';
}

export interface OpenOptions {
  host: string;
  port: number;
  signal: AbortSignal;
}

/** The way to targets of checks: every address that a connection goes to has passed the policy, redirects' too. */
export interface TargetNet {
  /**
   * A connected socket to the first allowed address that answers. The caller ends it.
   * @throws TargetForbiddenError, ResolverError, or the error of Node (ENOTFOUND, ECONNREFUSED, ...)
   */
  connect(options: OpenOptions): Promise<Socket>;
  /** The same with TLS on it; `servername` is the host unless given. Verifies unless `rejectUnauthorized: false`. */
  connectTls(options: OpenOptions, tls?: ConnectionOptions): Promise<TLSSocket>;
  /** The allowed addresses of a host, in order of preference. A literal is checked too. Throws as `connect` does. */
  resolve(host: string, signal: AbortSignal): Promise<{ address: string; family: 4 | 6 }[]>;
}
