import { describe, expect, it } from '@jest/globals';
import { HttpProxies } from './http-proxies.js';

const http = new URL('http://plain.proxy:3128');
const https = new URL('http://secure.proxy:3128');

describe('HttpProxies', () => {
  it('chooses by the scheme of the target, and needs none', () => {
    const both = new HttpProxies({ http, https });
    expect(both.for(new URL('http://a.example/'))).toBe(http);
    expect(both.for(new URL('https://a.example/'))).toBe(https);
    expect(new HttpProxies({ http }).for(new URL('https://a.example/'))).toBeNull();
    expect(new HttpProxies({}).for(new URL('http://a.example/'))).toBeNull();
  });

  it.each([
    ['*', 'http://a.example', true],
    ['a.example', 'http://a.example', true],
    ['A.Example', 'http://a.EXAMPLE.', true],
    ['a.example', 'http://b.a.example', true],
    ['a.example', 'http://ba.example', false],
    ['.a.example', 'http://b.a.example', true],
    ['*.a.example', 'http://b.a.example', true],
    ['b.example, a.example', 'http://a.example', true],
    ['b.example a.example', 'http://a.example', true],
    ['a.example:8080', 'http://a.example:8080', true],
    ['a.example:8080', 'http://a.example', false],
    ['a.example:80', 'http://a.example', true],
    ['a.example:443', 'https://a.example', true],
    ['10.1.2.3', 'http://10.1.2.3', true],
    ['10.0.0.0/8', 'http://10.1.2.3:8080', true],
    ['10.0.0.0/8', 'http://11.1.2.3', false],
    ['10.0.0.0/8', 'http://ten.example', false],
    ['10.0.0.0/99', 'http://10.1.2.3', false],
    ['::1', 'http://[::1]:8080', true],
    ['[::1]:8080', 'http://[::1]:8080', true],
    ['[::1]:8080', 'http://[::1]:9090', false],
    ['fd00::/8', 'http://[fd12::1]', true],
    ['fd00::/8', 'http://[fe12::1]', false],
    ['', 'http://a.example', false],
  ])('with NO_PROXY=%s goes straight to %s: %s', (no, url, straight) => {
    expect(new HttpProxies({ http, https, no }).for(new URL(url)) === null).toBe(straight);
  });
});
