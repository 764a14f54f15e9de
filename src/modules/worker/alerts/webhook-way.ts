import type { Clock } from '../../../core/clock.js';
import type { HttpResult } from '../../../core/http-message.js';
import type { HttpSender } from '../../../core/http-sender.js';
import { signatureHeaders } from '../../../core/webhook-signature.js';
import type { Sendable } from './alert-message.js';
import type { AlertWay, WayEnd } from './alert-way.js';

/** A receiver that needs longer is to answer first and work then, milliseconds. */
export const WEBHOOK_TIMEOUT_MS = 10_000;

/** The receiver says that it wants no more of these: Standard Webhooks 1.0, "410 Gone". */
const GONE = 410;

export interface WebhookParts {
  url: URL;
  /** Null: unsigned. */
  secret: string | null;
  sender: Pick<HttpSender, 'send'>;
  clock: Clock;
}

/**
 * Posts alerts as Standard Webhooks has them. 2xx is sent, 410 refused; all else is tried again: a wrong path or secret
 * at the receiver is mended by people, who then want the alerts that they missed.
 */
export class WebhookWay implements AlertWay {
  readonly name = 'ALERT_WEBHOOK_URL';

  constructor(private readonly parts: WebhookParts) {}

  async send({ id, body }: Sendable): Promise<WayEnd> {
    const { url, secret, sender, clock } = this.parts;
    const sentAt = clock.now();
    const signed = secret === null ? idHeaders(id, sentAt) : signatureHeaders(secret, { id, body, sentAt });
    const headers = { 'content-type': 'application/json', 'idempotency-key': id, ...signed };
    return endOf(await sender.send({ url, method: 'POST', headers, body, timeoutMs: WEBHOOK_TIMEOUT_MS }));
  }
}

function idHeaders(id: string, sentAt: number): Record<string, string> {
  return { 'webhook-id': id, 'webhook-timestamp': String(Math.floor(sentAt / 1000)) };
}

function endOf(result: HttpResult): WayEnd {
  if (result.kind === 'failed') {
    const reason = `the receiver did not answer (${result.code}: ${result.reason})`;
    return result.code === 'INVALID_REQUEST'
      ? { end: 'refused', reason: `it cannot be sent (${result.reason})` }
      : { end: 'retry', reason, afterMs: null };
  }
  const { status, retryAfterMs } = result;
  if (status >= 200 && status < 300) return { end: 'sent' };
  const reason = `the receiver answered ${status}`;
  return status === GONE ? { end: 'refused', reason } : { end: 'retry', reason, afterMs: retryAfterMs };
}
