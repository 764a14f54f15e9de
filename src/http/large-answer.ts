import {
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Gauge, Registry } from 'prom-client';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { ByteBudget } from '../core/byte-budget.js';
import { AppError } from '../core/errors.js';
import { Turns } from '../core/turns.js';

/** Answers of one route that are made at once. */
const MOST_MADE = 4;
/** How long an answer waits for its turn to be made, milliseconds. */
const TURN_MS = 10_000;
/** Answers in memory that their clients have not read yet, over all routes; small ones do not count. */
const MOST_UNREAD_BYTES = 64 * 1024 * 1024;
const SMALL_BYTES = 64 * 1024;

/** For routes whose answers may have megabytes: few are made at once, and few wait for clients that do not read. */
export function LargeAnswer(): MethodDecorator {
  return UseInterceptors(LargeAnswerInterceptor);
}

/** The answers of all routes that are large. */
@Injectable()
export class LargeAnswers {
  private readonly unread = new ByteBudget(MOST_UNREAD_BYTES);
  private readonly turns = new Map<unknown, Turns>();

  constructor(metrics: Registry) {
    const { unread } = this;
    new Gauge({
      name: 'carillon_http_unread_answer_bytes',
      help: 'Large answers that are in memory because their clients have not read them yet',
      registers: [metrics],
      collect() {
        this.set(unread.used);
      },
    });
  }

  /** Makes the answer of a route in its turn, as JSON. @throws AppError READERS_BUSY, and what `make` throws */
  async answer(route: unknown, reply: FastifyReply, make: () => Promise<unknown>): Promise<Buffer> {
    const turns = this.turns.get(route) ?? new Turns(MOST_MADE);
    this.turns.set(route, turns);
    const patience = { ms: TURN_MS, late: () => busy(`${MOST_MADE} such answers are being made`) };
    const bytes = await turns.run(async () => bytesOf(await unlessGone(reply, make)), patience);
    if (!reply.hasHeader('content-type'))
      void reply.header('content-type', 'application/json; charset=utf-8');
    this.hold(bytes.length, reply);
    return bytes;
  }

  /** Counts an answer until its client has it, or has gone. @throws AppError READERS_BUSY */
  hold(bytes: number, reply: FastifyReply): void {
    if (bytes <= SMALL_BYTES || reply.raw.destroyed) return;
    if (!this.unread.take(bytes)) throw busy('Too many large answers wait for clients that do not read them');
    reply.raw.once('close', () => this.unread.give(bytes));
  }
}

@Injectable()
class LargeAnswerInterceptor implements NestInterceptor {
  constructor(private readonly answers: LargeAnswers) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<Buffer> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return from(this.answers.answer(context.getHandler(), reply, () => lastValueFrom(next.handle())));
  }
}

/** A client may have gone while its answer waited for its turn. */
function unlessGone(reply: FastifyReply, make: () => Promise<unknown>): Promise<unknown> {
  if (reply.raw.destroyed) throw new AppError('STREAM_BROKEN', 'The client is gone.');
  return make();
}

/** Outside the heap, where a long string would be copied once more to be written. */
function bytesOf(answer: unknown): Buffer {
  return Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer));
}

function busy(reason: string): AppError {
  return new AppError('READERS_BUSY', `${reason}; try again in a moment.`, { retryAfterS: 2 });
}
