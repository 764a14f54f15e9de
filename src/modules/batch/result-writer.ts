import type { ServerResponse } from 'node:http';
import { AppError } from '../../core/errors.js';

/** How long the last line may wait for a client that reads again: less than a stop may take. */
const LAST_LINE_MS = 5000;

/** Writes result lines no faster than the client reads them. */
export class ResultWriter {
  constructor(
    private readonly response: ServerResponse,
    /** How long the client may read nothing, milliseconds. */
    private readonly stallMs: number,
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
        'The results were not read for STREAM_STALL_MS: read them while you send.',
      );
    }
  }

  /** Writes the last line; resolves when it is handed over, or the client is given up. */
  async end(last: object): Promise<void> {
    if (this.response.closed) return;
    this.response.end(`${JSON.stringify(last)}\n`);
    if ((await this.first(['finish', 'close'], LAST_LINE_MS)) === 'timeout') this.response.destroy();
  }

  private first(events: string[], ms: number): Promise<string> {
    return new Promise((resolve) => {
      const done = (event: string) => {
        clearTimeout(timer);
        for (const [name, listener] of listeners) this.response.off(name, listener);
        resolve(event);
      };
      const timer = setTimeout(done, ms, 'timeout');
      const listeners = events.map((event) => [event, () => done(event)] as const);
      for (const [name, listener] of listeners) this.response.once(name, listener);
    });
  }
}

function gone(): AppError {
  return new AppError('STREAM_BROKEN', 'The client is gone.');
}
