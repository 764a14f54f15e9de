/** Times in milliseconds, sizes in bytes. */
export interface HttpLimits {
  /** For each step to a connection: name look-up and TCP, a proxy's CONNECT, TLS. */
  connectTimeoutMs: number;
  /** From sending the request to the whole head of the answer. */
  headersTimeoutMs: number;
  /** From the head to the end of the body. */
  bodyTimeoutMs: number;
  maxConnectionsPerOrigin: number;
  /** Requests that wait for a connection to one origin; further ones fail as BUSY. */
  maxWaitingPerOrigin: number;
  /** Origins whose connections are kept open. */
  maxOrigins: number;
  /** Of a body that is kept to be looked at. */
  keptBodyBytes: number;
  /** Of a body that is read so that its connection can be used again; a longer one costs the connection. */
  maxResponseBytes: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  connectTimeoutMs: 5000,
  headersTimeoutMs: 30_000,
  bodyTimeoutMs: 5000,
  maxConnectionsPerOrigin: 32,
  maxWaitingPerOrigin: 10_000,
  maxOrigins: 100,
  keptBodyBytes: 2048,
  maxResponseBytes: 256 * 1024,
};
