import { describe, expect, it } from '@jest/globals';
import { failureOf } from './http-failure.js';

const coded = (code: string, message = 'told by somebody else: s3cret') =>
  Object.assign(new Error(message), { code });

describe('failureOf', () => {
  it.each([
    ['ECONNREFUSED', 'CONNECTION_REFUSED'],
    ['ENOTFOUND', 'DNS'],
    ['EAI_FAIL', 'DNS'],
    ['ENETUNREACH', 'UNREACHABLE'],
    ['ETIMEDOUT', 'TIMEOUT'],
    ['EPIPE', 'RESET'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS'],
    ['CERT_REVOKED', 'TLS'],
    ['HPE_INVALID_CONSTANT', 'PROTOCOL'],
    ['HPE_HEADER_OVERFLOW', 'HEADERS_TOO_LARGE'],
    ['UND_ERR_DESTROYED', 'CLOSED'],
    ['EMFILE', 'OTHER'],
  ])('takes %s for %s', (given, code) => {
    const failure = failureOf(coded(given), 'a.example:80');
    expect(failure.code).toBe(code);
    expect(failure.reason).toContain(`(${given})`);
    expect(failure.reason).not.toContain('s3cret');
  });

  it('has words for what is no error at all', () => {
    for (const thrown of [new Error('s3cret'), coded('invalid s3cret'), {}]) {
      expect(failureOf(thrown, 'a.example')).toEqual({
        code: 'OTHER',
        reason: 'the request to a.example failed',
      });
    }
  });
});
