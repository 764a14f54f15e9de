import { uniqueKey } from './keys.js';

describe('the lock of a unique task', () => {
  it('names the queue, the type and the payload’s MD5', () => {
    expect(uniqueKey('q', 't', Buffer.from('{}'))).toBe(
      'asynq:{q}:unique:t:99914b932bd37a50b983c5e7c90ae93b',
    );
  });

  it('has no sum where there is no payload', () => {
    expect(uniqueKey('q', 't', Buffer.alloc(0))).toBe('asynq:{q}:unique:t:');
  });
});
