import type { ServerResponse } from 'node:http';
import { AppError } from '../core/errors.js';

/** How long the last line may wait for a client that reads again. */
const LAST_LINE_MS = 10_000;
/** The same, and for any result, while the process stops. */
const STOP_MS = 2000;

/** Writes a streamed answer no faster than the client reads it, and gives up a client that reads nothing. */
export class StreamWriter {
  constructor(
    private readonly response: ServerResponse,
    /** How long the client may read nothing, milliseconds. */
    private readonly stallMs: number,
    private readonly stopping: AbortSignal,
  ) {}

  /** @throws AppError STREAM_STALLED when the client reads nothing for too long, STREAM_BROKEN when it has gone */
  async write(text: string): Promise<void> {
    if (this.response.closed) throw gone();
    if (this.response.write(text)) return;
    const event = await this.first(['drain', 'close'], this.stallMs);
    if (event === 'close') throw gone();
    if (event === 'timeout') {
      throw new AppError(
        'STREAM_STALLED',
        'The answer was not read for STREAM_STALL_MS: read it while it is written.',
      );
    }
  }

  /** Writes the last of it; resolves when it is handed over, or the client is given up. */
  async end(last: string): Promise<void> {
    if (this.response.closed) return;
    this.response.end(last);
    if ((await this.first(['finish', 'close'], LAST_LINE_MS)) === 'timeout') this.response.destroy();
  }

  /** The first of the events, or `timeout`; a stop does not wait long. */
  private first(events: string[], ms: number): Promise<string> {
    return new Promise((resolve) => {
      const done = (event: string) => {
        clearTimeout(timer);
        this.stopping.removeEventListener('abort', hurry);
        for (const [name, listener] of listeners) this.response.off(name, listener);
        resolve(event);
      };
      let timer = setTimeout(done, this.stopping.aborted ? Math.min(ms, STOP_MS) : ms, 'timeout');
      const hurry = () => {
        clearTimeout(timer);
        timer = setTimeout(done, Math.min(ms, STOP_MS), 'timeout');
      };
      const listeners = events.map((event) => [event, () => done(event)] as const);
      for (const [name, listener] of listeners) this.response.once(name, listener);
      this.stopping.addEventListener('abort', hurry, { once: true });
    });
  }
}

function gone(): AppError {
  return new AppError('STREAM_BROKEN', 'The client is gone.');
}
