import type { AppError } from '../core/errors.js';

/** What every error answers, whatever went wrong; `detail` is what the FastAPI server's clients read. */
export interface ErrorBody {
  statusCode: number;
  code: string;
  message: string;
  detail: unknown;
  retryable: boolean;
  requestId: string;
}

export function errorBody(error: AppError, requestId: string): ErrorBody {
  const { status, code, message, retryable } = error;
  return { statusCode: status, code, message, detail: error.detail ?? message, retryable, requestId };
}
