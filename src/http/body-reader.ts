import type { Readable } from 'node:stream';
import type { ByteBudget } from '../core/byte-budget.js';
import { AppError } from '../core/errors.js';
import { GrowingBuffer } from '../core/growing-buffer.js';
import { MANAGEMENT_BODY } from './body-bounds.js';

export interface BodyLimits {
  /** Longest body, bytes. */
  bodyLimit: number;
  /** How long a body may take to arrive. */
  bodyTimeoutMs: number;
}

type Done = (error: Error | null, body?: Buffer) => void;

const SWEEP_MS = 500;
/** What a client has not sent so long into a stop is not waited for: nothing of it was taken. */
const STOP_GRACE_MS = 2000;

/** Reads whole bodies within bounds of size, time and memory, whatever pieces they come in. */
export class BodyReader {
  /** The oldest first: all have the same time. */
  private readonly open = new Set<OpenBody>();
  private sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly limits: BodyLimits,
    /** Over all bodies that are in memory. */
    private readonly budget: ByteBudget,
    stopping: AbortSignal,
  ) {
    const giveUp = () => {
      const text = 'The service stops; the body was not whole, so nothing was taken.';
      for (const body of this.open) body.end(new AppError('SHUTTING_DOWN', text));
    };
    stopping.addEventListener('abort', () => setTimeout(giveUp, STOP_GRACE_MS).unref(), { once: true });
  }

  /**
   * Calls `done` once. `declared` is the Content-Length, 0 without one; `limit` the longest body, bytes. The body counts as held until `release` is
   * called, which also ends it if it is still coming.
   */
  read(
    payload: Readable,
    { declared, limit }: { declared: number; limit: number },
    done: Done,
  ): { release: () => void } {
    if (declared > limit) {
      done(tooLarge(limit));
      return { release: () => undefined };
    }
    const bytes = new GrowingBuffer(limit, this.budget);
    const body = new OpenBody(
      payload,
      bytes,
      performance.now() + this.limits.bodyTimeoutMs,
      (error, whole) => {
        this.open.delete(body);
        if (error) bytes.clear();
        done(error, whole);
      },
    );
    this.open.add(body);
    this.sweeper ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
    const release = () => {
      if (this.open.has(body)) body.end(new AppError('BAD_REQUEST', 'The request was broken off.'));
      bytes.clear();
    };
    return { release };
  }

  private sweep(): void {
    const now = performance.now();
    for (const body of this.open) {
      if (body.deadline > now) break;
      body.end(new AppError('BODY_TIMEOUT', 'The body did not arrive within BODY_TIMEOUT_MS.'));
    }
    if (this.open.size > 0) return;
    clearInterval(this.sweeper);
    this.sweeper = undefined;
  }
}

/** One body on its way. */
class OpenBody {
  private readonly onData = (chunk: Buffer) => this.add(chunk);
  private readonly onEnd = () => this.end(null);
  private readonly onError = (error: Error) => this.end(error);

  constructor(
    private readonly payload: Readable,
    private readonly bytes: GrowingBuffer,
    /** Milliseconds on the monotonic clock. */
    readonly deadline: number,
    private readonly done: Done,
  ) {
    payload.on('data', this.onData).on('end', this.onEnd).on('error', this.onError).resume();
  }

  end(error: Error | null): void {
    this.payload.off('data', this.onData).off('end', this.onEnd).off('error', this.onError);
    this.payload.on('error', ignore);
    this.done(error, error ? undefined : this.bytes.content);
  }

  private add(chunk: Buffer): void {
    const result = this.bytes.add(chunk);
    if (result === 'too-long') return this.end(tooLarge(this.bytes.most));
    if (result === 'added') return;
    const text = 'Too many large bodies are being read at once (BODIES_LIMIT); nothing was taken.';
    this.end(new AppError('BUFFER_FULL', text, { retryAfterS: 1 }));
  }
}

/** What fails after its end has been told of already. */
const ignore = () => undefined;

function tooLarge(limit: number): AppError {
  const bound =
    limit === MANAGEMENT_BODY.bytes ? `the ${limit / 1024} KiB that this route takes` : 'BODY_LIMIT allows';
  return new AppError('BODY_TOO_LARGE', `The body is longer than ${bound}.`);
}
