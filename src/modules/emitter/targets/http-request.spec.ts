import { describe, expect, it } from '@jest/globals';
import { requestOf, type RequestShape } from './http-request.js';
import { signatureHeaders } from '../../../core/webhook-signature.js';

const SHAPE: RequestShape = {
  url: new URL('https://a.example/hook'),
  method: 'PUT',
  headers: {},
  timeoutMs: 7000,
  signingSecret: null,
};
const MESSAGE = { key: 'k1', body: '{"n":1.0}' };

describe('requestOf', () => {
  it('is JSON with the key', () => {
    const { url, method, timeoutMs } = SHAPE;
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'k1' };
    expect(requestOf(SHAPE, MESSAGE, 5)).toEqual({ url, method, timeoutMs, headers, body: '{"n":1.0}' });
  });

  it('has the emitter’s own headers, which may change the type but not the key', () => {
    const headers = { 'Content-Type': 'application/cloudevents+json', 'Idempotency-Key': 'x', 'X-A': 'b' };
    expect(requestOf({ ...SHAPE, headers }, MESSAGE, 5).headers).toEqual({
      'content-type': 'application/cloudevents+json',
      'idempotency-key': 'k1',
      'x-a': 'b',
    });
  });

  it('is signed for its own moment', () => {
    const shape = { ...SHAPE, signingSecret: 'secret', headers: { 'Webhook-Signature': 'v1,forged' } };
    for (const sentAt of [5000, 9000]) {
      const { headers } = requestOf(shape, MESSAGE, sentAt);
      expect(headers).toMatchObject(signatureHeaders('secret', { id: 'k1', body: MESSAGE.body, sentAt }));
      expect(headers['webhook-timestamp']).toBe(String(sentAt / 1000));
    }
  });
});
