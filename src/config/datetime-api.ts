/** One attempt, milliseconds: the datetime contract's. */
export const DATETIME_TIMEOUT_MS = 30_000;

/** How attempts follow each other at a fixed delay; times in milliseconds. */
export interface FixedCourse {
  /** In all, the first one included. */
  attempts: number;
  /** Between two attempts, always the same; a longer `Retry-After` is obeyed up to its cap. */
  delayMs: number;
  retryAfterCapMs: number;
  /** One attempt. */
  timeoutMs: number;
}

/** For the timers between the attempts. */
const SLACK_MS = 1000;

/** The longest that all attempts with their waits may take. */
export function longestMs({ attempts, delayMs, retryAfterCapMs, timeoutMs }: FixedCourse): number {
  return attempts * timeoutMs + (attempts - 1) * Math.max(delayMs, retryAfterCapMs) + SLACK_MS;
}

/** `{API_URL}/api/messages`: the path of API_URL is kept, with or without a slash at its end. */
export function messagesUrl(apiUrl: URL): URL {
  const url = new URL(apiUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/messages`;
  return url;
}
