import type { HttpRequest } from '../../../core/http-message.js';
import { signatureHeaders } from '../../../core/webhook-signature.js';

/** What all requests of an emitter have in common. */
export interface RequestShape {
  url: URL;
  method: string;
  headers: Readonly<Record<string, string>>;
  /** One attempt, milliseconds. */
  timeoutMs: number;
  /** As configured; null: unsigned. */
  signingSecret: string | null;
}

/**
 * A message as one attempt sends it, now (milliseconds since the Unix epoch). All attempts are the same but for the
 * signature's time. The content type can be another one, the key and the signature cannot.
 */
export function requestOf(
  shape: RequestShape,
  { key, body }: { key: string; body: string },
  now: number,
  signal?: AbortSignal,
): HttpRequest {
  const { url, method, timeoutMs, signingSecret } = shape;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  for (const [name, value] of Object.entries(shape.headers)) headers[name.toLowerCase()] = value;
  headers['idempotency-key'] = key;
  if (signingSecret !== null)
    Object.assign(headers, signatureHeaders(signingSecret, { id: key, body, sentAt: now }));
  return { url, method, headers, body, timeoutMs, signal };
}
