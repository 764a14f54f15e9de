import { describe, expect, it } from '@jest/globals';
import { longestMs, messagesUrl } from './datetime-api.js';

describe('messagesUrl', () => {
  it.each([
    ['http://h:3000', 'http://h:3000/api/messages'],
    ['http://h/', 'http://h/api/messages'],
    ['https://h/base', 'https://h/base/api/messages'],
    ['https://h/a/b//', 'https://h/a/b/api/messages'],
    ['https://u:p@h/a?k=v', 'https://u:p@h/a/api/messages?k=v'],
  ])('%s', (apiUrl, url) => {
    expect(messagesUrl(new URL(apiUrl)).href).toBe(url);
  });
});

describe('longestMs', () => {
  it('is what all attempts and the longest waits take', () => {
    const contract = { attempts: 3, delayMs: 30_000, retryAfterCapMs: 60_000, timeoutMs: 30_000 };
    expect(longestMs(contract)).toBe(3 * 30_000 + 2 * 60_000 + 1000);
    expect(longestMs({ ...contract, delayMs: 90_000 })).toBe(3 * 30_000 + 2 * 90_000 + 1000);
    expect(longestMs({ ...contract, attempts: 1 })).toBe(31_000);
  });
});
