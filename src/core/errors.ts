import { scrub } from './scrub.js';

/** Every code that can leave this service, with its HTTP status and whether the same request may succeed later. */
export const ERROR_CODES = {
  MALFORMED_JSON: { status: 400, retryable: false },
  BAD_REQUEST: { status: 400, retryable: false },
  TOPIC_FORBIDDEN: { status: 403, retryable: false },
  ROUTE_UNKNOWN: { status: 404, retryable: false },
  TOPIC_UNKNOWN: { status: 404, retryable: false },
  PARTITION_UNKNOWN: { status: 404, retryable: false },
  UNROUTABLE: { status: 404, retryable: false },
  DEAD_LETTER_UNKNOWN: { status: 404, retryable: false },
  EMITTER_UNKNOWN: { status: 404, retryable: false },
  GIVEN_UP_UNKNOWN: { status: 404, retryable: false },
  QUEUE_UNKNOWN: { status: 404, retryable: false },
  TASK_UNKNOWN: { status: 404, retryable: false },
  MONITOR_UNKNOWN: { status: 404, retryable: false },
  PUSH_UNKNOWN: { status: 404, retryable: false },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false },
  BODY_TIMEOUT: { status: 408, retryable: true },
  HEADERS_TIMEOUT: { status: 408, retryable: true },
  STREAM_STALLED: { status: 408, retryable: true },
  STREAM_BROKEN: { status: 400, retryable: true },
  EMITTER_BUSY: { status: 409, retryable: true },
  MONITOR_EXISTS: { status: 409, retryable: false },
  MONITOR_CHANGED: { status: 409, retryable: true },
  MONITOR_PAUSED: { status: 409, retryable: false },
  MONITORS_FULL: { status: 409, retryable: false },
  NOT_LEADER: { status: 409, retryable: true },
  TASK_STATE: { status: 409, retryable: false },
  LEASE_LOST: { status: 409, retryable: false },
  RESEND_IN_PROGRESS: { status: 409, retryable: true },
  IDEMPOTENCY_IN_PROGRESS: { status: 409, retryable: true },
  IDEMPOTENCY_OUTCOME_UNKNOWN: { status: 409, retryable: false },
  BODY_TOO_LARGE: { status: 413, retryable: false },
  BATCH_TOO_LARGE: { status: 413, retryable: false },
  IMPORT_TOO_LARGE: { status: 413, retryable: false },
  RECORD_TOO_LARGE: { status: 413, retryable: false },
  MESSAGE_TOO_LARGE: { status: 413, retryable: false },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, retryable: false },
  UNSUPPORTED_ENCODING: { status: 415, retryable: false },
  HOST_NOT_ALLOWED: { status: 421, retryable: false },
  HEADERS_TOO_LARGE: { status: 431, retryable: false },
  BODY_TOO_COMPLEX: { status: 422, retryable: false },
  VALIDATION_FAILED: { status: 422, retryable: false },
  RECORD_REFUSED: { status: 422, retryable: false },
  PAYLOAD_NOT_JSON: { status: 422, retryable: false },
  PAYLOAD_NOT_UTF8: { status: 422, retryable: false },
  IDEMPOTENCY_KEY_INVALID: { status: 422, retryable: false },
  IDEMPOTENCY_KEY_REUSED: { status: 422, retryable: false },
  TASK_DAMAGED: { status: 500, retryable: false },
  INTERNAL: { status: 500, retryable: false },
  TARGET_REFUSED: { status: 502, retryable: false },
  TARGET_UNAVAILABLE: { status: 503, retryable: true },
  CONNECTIONS_FULL: { status: 503, retryable: true },
  BUFFER_FULL: { status: 503, retryable: true },
  READERS_BUSY: { status: 503, retryable: true },
  RECORD_LOG_UNAVAILABLE: { status: 503, retryable: true },
  IDEMPOTENCY_STORE_UNAVAILABLE: { status: 503, retryable: true },
  IDEMPOTENCY_STORE_FULL: { status: 503, retryable: true },
  EXCHANGE_UNAVAILABLE: { status: 503, retryable: true },
  LEASE_UNAVAILABLE: { status: 503, retryable: true },
  TASK_QUEUE_UNAVAILABLE: { status: 503, retryable: true },
  MONITOR_STORE_UNAVAILABLE: { status: 503, retryable: true },
  OBSERVER_ILL: { status: 503, retryable: true },
  CHECKS_REST: { status: 503, retryable: true },
  MONITOR_EVENTS_UNAVAILABLE: { status: 503, retryable: true },
  TOPOLOGY_MISMATCH: { status: 503, retryable: false },
  OUTPUT_FULL: { status: 503, retryable: true },
  PAYLOAD_FILE_UNUSABLE: { status: 503, retryable: true },
  OUTPUT_UNUSABLE: { status: 503, retryable: true },
  SHUTTING_DOWN: { status: 503, retryable: true },
  OUTCOME_UNKNOWN: { status: 504, retryable: false },
  READ_TIMEOUT: { status: 504, retryable: true },
  STORAGE_FULL: { status: 503, retryable: true },
  STORAGE_UNUSABLE: { status: 503, retryable: true },
  QUEUE_PAUSED: { status: 503, retryable: true },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface AppErrorOptions {
  cause?: unknown;
  /** Overrides the table's answer to "may the same request succeed later?". */
  retryable?: boolean;
  /** What FastAPI clients read as `detail`; the message when absent. */
  detail?: unknown;
  /** Seconds after which a retry makes sense; becomes `Retry-After`. */
  retryAfterS?: number;
}

/**
 * The one error that parts and drivers throw: callers ask `code` and `retryable`, never the message, which holds no
 * configured secret whatever a server said.
 */
export class AppError extends Error {
  readonly retryable: boolean;
  readonly detail: unknown;
  readonly retryAfterS: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: AppErrorOptions = {},
  ) {
    // No stack: the code says what happened, a cause keeps its own, and a body of bad records makes very many of these.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(scrub(message), options.cause === undefined ? undefined : { cause: options.cause });
    Error.stackTraceLimit = limit;
    this.name = 'AppError';
    this.retryable = options.retryable ?? ERROR_CODES[code].retryable;
    this.detail = typeof options.detail === 'string' ? scrub(options.detail) : options.detail;
    this.retryAfterS = options.retryAfterS;
  }

  get status(): number {
    return ERROR_CODES[this.code].status;
  }
}

/** Any thrown thing as an AppError; what is not one is INTERNAL, with the original as its cause. */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError('INTERNAL', 'An unexpected error; the log has it under this request id.', {
    cause: error,
  });
}
