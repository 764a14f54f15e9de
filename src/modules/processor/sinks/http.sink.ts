import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { AppConfig } from '../../../config/app-config.js';
import { AppError } from '../../../core/errors.js';
import { classify } from '../../../core/http-outcome.js';
import { DEFAULT_HTTP_LIMITS } from '../../../core/http-limits.js';
import { HttpSender, type HttpResult } from '../../../core/http-sender.js';
import { Turns } from '../../../core/turns.js';
import { CONFIG } from '../../../process/tokens.js';
import type { Sink, SinkMessage } from './sink.js';

/** Posts each payload to PROCESSOR_HTTP_URL. One attempt at a time: between them the message waits on the broker. */
@Injectable()
export class HttpSink implements Sink {
  readonly name = 'http';
  /** A request that waits for a connection would use up its time, and be taken for the target's failure. */
  private readonly turns = new Turns(DEFAULT_HTTP_LIMITS.maxConnectionsPerOrigin);

  constructor(
    private readonly sender: HttpSender,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'processor'>,
  ) {}

  deliver(message: SinkMessage): Promise<void> {
    return this.turns.run(() => this.post(message));
  }

  stop(): Promise<void> {
    this.turns.close(new AppError('SHUTTING_DOWN', 'The process stops.'));
    return Promise.resolve();
  }

  private async post({ text, routingKey, exchange, trace }: SinkMessage): Promise<void> {
    const { url, timeoutMs } = this.config.processor.http;
    if (!url) throw new AppError('INTERNAL', 'PROCESSOR_HTTP_URL is not set.');
    const result = await this.sender.send({
      url,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': asHeader(trace),
        'x-routing-key': encodeURIComponent(routingKey),
        'x-exchange': encodeURIComponent(exchange),
      },
      body: text,
      timeoutMs,
    });
    const outcome = classify(result);
    if (outcome !== 'delivered') throw errorOf(result, outcome);
  }
}

/** A message id may hold what no header can: then it is written in another way, always the same. */
function asHeader(id: string): string {
  if (/^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(id)) return id;
  return createHash('sha256').update(id).digest('hex');
}

/** Names what the target answered, never where it is: its URL may hold a password. */
function errorOf(result: HttpResult, outcome: 'retry' | 'refused'): AppError {
  const what = result.kind === 'answer' ? `answered ${result.status}` : `did not answer (${result.reason})`;
  const code = outcome === 'refused' ? 'TARGET_REFUSED' : 'TARGET_UNAVAILABLE';
  const retryAfterMs = result.kind === 'answer' ? result.retryAfterMs : null;
  const retryAfterS = retryAfterMs === null ? undefined : retryAfterMs / 1000;
  return new AppError(code, `The target of PROCESSOR_HTTP_URL ${what}.`, { retryAfterS });
}
