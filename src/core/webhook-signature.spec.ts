import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { signatureHeaders } from './webhook-signature.js';

const PARTS = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  body: '{"test": 2432232314}',
  sentAt: 1614265330_000,
};

describe('signatureHeaders', () => {
  it('signs the example of the specification as it does', () => {
    expect(signatureHeaders('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', PARTS)).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it.each([
    ['bytes in base64', 'whsec_AAECAwQFBgcICQoLDA0ODw==', Buffer.from([...Array(16).keys()])],
    ['bytes in base64 without padding', 'whsec_AAECAwQFBgcICQoLDA0ODw', Buffer.from([...Array(16).keys()])],
    ['any text', 'žluť and more', Buffer.from('žluť and more')],
    ['a prefix and nothing behind it', 'whsec_', Buffer.from('whsec_')],
    ['a prefix and what is no base64', 'whsec_not base64!', Buffer.from('whsec_not base64!')],
  ])('takes a secret that is %s', (_, secret, key) => {
    const body = '{"a":"ü"}';
    const headers = signatureHeaders(secret, { id: 'k', body, sentAt: 1999 });
    const expected = createHmac('sha256', key)
      .update(Buffer.from(`k.1.${body}`))
      .digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
    expect(headers['webhook-timestamp']).toBe('1');
  });
});
