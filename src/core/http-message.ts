export interface HttpRequest {
  /** http or https. User and password in it become basic authentication, and appear in no answer and no reason. */
  url: URL;
  method: string;
  headers: Readonly<Record<string, string>>;
  body: Buffer | string | null;
  /** All of it, waiting for a free connection included, milliseconds. */
  timeoutMs: number;
  /** Cuts the attempt off. */
  signal?: AbortSignal;
}

/** The other end answered with a status, whatever it says and whatever then became of the body. */
export interface HttpAnswer {
  kind: 'answer';
  status: number;
  /** Lower-case names; those that came several times joined with `, `. */
  headers: Readonly<Record<string, string>>;
  /** The first bytes, as they came (never decompressed): for a person who looks for the reason. */
  body: Buffer;
  /** False when more followed, or the rest never came. */
  bodyComplete: boolean;
  /** What `Retry-After` asks for from now on, milliseconds, a day at most; null when it does not say. */
  retryAfterMs: number | null;
  /** From the call to the status, milliseconds. */
  latencyMs: number;
}

export type HttpFailureCode =
  /** No status within the time. */
  | 'TIMEOUT'
  | 'CONNECTION_REFUSED'
  | 'UNREACHABLE'
  | 'DNS'
  /** The connection broke before a status, perhaps because it had been idle for longer than the other end liked. */
  | 'RESET'
  /** No secure connection: an untrusted or expired certificate, another name in it, no TLS at all. */
  | 'TLS'
  /** The proxy refuses. */
  | 'PROXY'
  /** What came is no HTTP. */
  | 'PROTOCOL'
  | 'HEADERS_TOO_LARGE'
  /** This request can never be sent: another scheme, a line break in a header. */
  | 'INVALID_REQUEST'
  /** Too many wait for that target already. */
  | 'BUSY'
  /** The caller's signal. */
  | 'ABORTED'
  /** The sender was closed. */
  | 'CLOSED'
  | 'OTHER';

/** There is no status. */
export interface HttpFailure {
  kind: 'failed';
  code: HttpFailureCode;
  /** Words for a log: the target's host and port, never its path, a header or a payload. */
  reason: string;
  /** False only when nothing of the request can have reached the target. */
  mayHaveArrived: boolean;
  /** From the call to the failure, milliseconds. */
  latencyMs: number;
}

export type HttpResult = HttpAnswer | HttpFailure;
