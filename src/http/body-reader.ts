import type { Readable } from 'node:stream';
import { AppError } from '../core/errors.js';

export interface BodyLimits {
  /** Longest body, bytes. */
  bodyLimit: number;
  /** Bytes of large bodies in memory at once, over all requests. */
  bodiesLimit: number;
  /** How long a body may take to arrive. */
  bodyTimeoutMs: number;
}

type Done = (error: Error | null, body?: Buffer) => void;

/** Smaller bodies are not counted: connections bound those well enough. */
const SMALL_BYTES = 64 * 1024;
const FIRST_BYTES = 16 * 1024;
const SWEEP_MS = 500;
/** What a client has not sent so long into a stop is not waited for: nothing of it was taken. */
const STOP_GRACE_MS = 2000;

/** Reads whole bodies within bounds of size, time and memory, whatever pieces they come in. */
export class BodyReader {
  private readonly open = new Set<OpenBody>();
  private held = 0;
  private sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly limits: BodyLimits,
    stopping: AbortSignal,
  ) {
    const giveUp = () => {
      const error = new AppError(
        'SHUTTING_DOWN',
        'The service stops; the body was not whole, so nothing was taken.',
      );
      for (const body of this.open) body.end(error);
    };
    stopping.addEventListener('abort', () => setTimeout(giveUp, STOP_GRACE_MS).unref(), { once: true });
  }

  /** Calls `done` once. What the body takes of the memory is counted until `release` is called. */
  read(payload: Readable, declared: number, done: Done): { release: () => void } {
    if (declared > this.limits.bodyLimit) {
      done(tooLarge());
      return { release: () => undefined };
    }
    const body = new OpenBody(
      payload,
      this.limits.bodyLimit,
      (bytes) => this.take(bytes),
      (error, bytes) => {
        this.open.delete(body);
        done(error, bytes);
      },
    );
    body.deadline = performance.now() + this.limits.bodyTimeoutMs;
    this.open.add(body);
    this.sweeper ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
    const release = () => {
      if (this.open.has(body)) body.end(new AppError('BAD_REQUEST', 'The request was broken off.'));
      this.held -= body.counted;
      body.counted = 0;
    };
    return { release };
  }

  private take(bytes: number): boolean {
    if (this.held > 0 && this.held + bytes > this.limits.bodiesLimit) return false;
    this.held += bytes;
    return true;
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

/** One body on its way: a buffer that grows, so that a million one-byte pieces take no more room than one large one. */
class OpenBody {
  deadline = 0;
  /** Bytes that were asked of the budget. */
  counted = 0;
  private bytes = Buffer.alloc(0);
  private length = 0;
  private readonly onData = (chunk: Buffer) => this.add(chunk);
  private readonly onEnd = () => this.end(null);
  private readonly onError = (error: Error) => this.end(error);

  constructor(
    private readonly payload: Readable,
    private readonly most: number,
    private readonly take: (bytes: number) => boolean,
    private readonly done: Done,
  ) {
    payload.on('data', this.onData).on('end', this.onEnd).on('error', this.onError).resume();
  }

  end(error: Error | null): void {
    this.payload.off('data', this.onData).off('end', this.onEnd).off('error', this.onError);
    this.payload.on('error', () => undefined);
    this.done(error, error ? undefined : this.bytes.subarray(0, this.length));
  }

  private add(chunk: Buffer): void {
    const length = this.length + chunk.length;
    if (length > this.most) return this.end(tooLarge());
    if (length > this.bytes.length && !this.grow(length)) {
      const text = 'Too many large bodies are being read at once (BODIES_LIMIT); nothing was taken.';
      return this.end(new AppError('BUFFER_FULL', text, { retryAfterS: 1 }));
    }
    chunk.copy(this.bytes, this.length);
    this.length = length;
  }

  /** The first piece gets room for itself: most bodies come in one. */
  private grow(needed: number): boolean {
    const doubled = Math.min(this.most, Math.max(FIRST_BYTES, this.bytes.length * 2));
    const size = this.length === 0 ? needed : Math.max(needed, doubled);
    if (size > SMALL_BYTES) {
      if (!this.take(size - this.counted)) return false;
      this.counted = size;
    }
    const larger = Buffer.allocUnsafe(size);
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
    return true;
  }
}

function tooLarge(): AppError {
  return new AppError('BODY_TOO_LARGE', 'The body is longer than BODY_LIMIT allows.');
}
