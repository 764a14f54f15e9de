import { Inject, Injectable } from '@nestjs/common';
import type { AppConfig } from '../../../config/app-config.js';
import { AppError } from '../../../core/errors.js';
import { classify } from '../../../core/http-outcome.js';
import { HttpSender, type HttpResult } from '../../../core/http-sender.js';
import { CONFIG } from '../../../process/tokens.js';
import type { Sink, SinkMessage } from './sink.js';

/** Posts each payload to PROCESSOR_HTTP_URL. One attempt at a time: between them the message waits on the broker. */
@Injectable()
export class HttpSink implements Sink {
  readonly name = 'http';

  constructor(
    private readonly sender: HttpSender,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'processor'>,
  ) {}

  async deliver({ text, routingKey, exchange, trace }: SinkMessage): Promise<void> {
    const { url, timeoutMs } = this.config.processor.http;
    if (!url) throw new AppError('INTERNAL', 'PROCESSOR_HTTP_URL is not set.');
    const result = await this.sender.send({
      url,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': trace,
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

/** Names what the target answered, never where it is: its URL may hold a password. */
function errorOf(result: HttpResult, outcome: 'retry' | 'refused'): AppError {
  const what = result.kind === 'answer' ? `answered ${result.status}` : `did not answer (${result.reason})`;
  const code = outcome === 'refused' ? 'TARGET_REFUSED' : 'TARGET_UNAVAILABLE';
  const retryAfterMs = result.kind === 'answer' ? result.retryAfterMs : null;
  const retryAfterS = retryAfterMs === null ? undefined : retryAfterMs / 1000;
  return new AppError(code, `The target of PROCESSOR_HTTP_URL ${what}.`, { retryAfterS });
}
