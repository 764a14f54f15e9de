import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';
/** Padded or not. */
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

export interface SignedParts {
  /** Without a dot. */
  id: string;
  body: string;
  /** Of this attempt, milliseconds since the Unix epoch: who receives it refuses what is minutes old. */
  sentAt: number;
}

/**
 * The three headers by which a receiver knows that the body is ours: an HMAC-SHA256 of `id.timestamp.body`.
 * Source: Standard Webhooks 1.0, "Signature scheme".
 */
export function signatureHeaders(secret: string, { id, body, sentAt }: SignedParts): Record<string, string> {
  const timestamp = String(Math.floor(sentAt / 1000));
  const signature = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

/** `whsec_` and base64 stand for bytes; any other text is its own UTF-8. */
function keyOf(secret: string): Buffer {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : '';
  return BASE64.test(encoded) ? Buffer.from(encoded, 'base64') : Buffer.from(secret, 'utf8');
}
