import type { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { AppError } from '../core/errors.js';
import { STALLED } from './stall-watch.js';

/** How long the last piece may wait for a client that reads again. */
const LAST_PIECE_MS = 10_000;
/** The same, and for any piece, while the process stops. */
const STOP_MS = 2000;

/** Writes a streamed answer no faster than the client reads it, and gives up a client that reads nothing. */
export class StreamWriter {
  constructor(
    private readonly response: ServerResponse,
    private readonly stopping: AbortSignal,
  ) {}

  /** @throws AppError STREAM_STALLED when the client reads nothing for STREAM_STALL_MS, STREAM_BROKEN when it has gone */
  async write(piece: string | Buffer): Promise<void> {
    if (this.response.closed) throw gone();
    if (this.response.write(piece)) return;
    const event = await this.first(['drain', 'close', STALLED], null);
    if (event === 'close') throw gone();
    if (event !== 'drain') {
      throw new AppError(
        'STREAM_STALLED',
        'The answer was not read for STREAM_STALL_MS: read it while it is written.',
      );
    }
  }

  /** Writes the last of it; resolves when it is handed over, or the client is given up. */
  async end(last: string): Promise<void> {
    if (this.response.closed) return;
    // One that stalled before may still read its last line.
    const ignore = () => undefined;
    const { socket } = this.response;
    socket?.on(STALLED, ignore);
    this.response.end(last);
    const event = await this.first(['finish', 'close'], LAST_PIECE_MS);
    socket?.off(STALLED, ignore);
    if (event === 'timeout') this.response.destroy();
  }

  /** The first of the events, or `timeout`: after `ms`, and soon when the process stops. */
  private first(events: string[], ms: number | null): Promise<string> {
    const { response, stopping } = this;
    const { socket } = response;
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const done = (event: string) => {
        clearTimeout(timer);
        stopping.removeEventListener('abort', hurry);
        for (const [emitter, name, listener] of listeners) emitter?.off(name, listener);
        resolve(event);
      };
      const within = (most: number) => {
        clearTimeout(timer);
        timer = setTimeout(done, most, 'timeout');
      };
      const hurry = () => within(Math.min(ms ?? STOP_MS, STOP_MS));
      const listeners = events.map((name) => {
        const emitter: EventEmitter | null = name === STALLED ? socket : response;
        return [emitter, name, () => done(name)] as const;
      });
      for (const [emitter, name, listener] of listeners) emitter?.once(name, listener);
      if (stopping.aborted) hurry();
      else if (ms !== null) within(ms);
      stopping.addEventListener('abort', hurry, { once: true });
    });
  }
}

function gone(): AppError {
  return new AppError('STREAM_BROKEN', 'The client is gone.');
}
