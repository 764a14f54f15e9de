import { isRedirect, nextHop, type Hop } from './redirect.js';

const post: Hop = {
  url: new URL('https://a.example/one?x=1'),
  method: 'POST',
  headers: {
    ...{ authorization: 'Basic x', cookie: 'c=1', 'x-api-key': 'k', host: 'virtual.example' },
    ...{ accept: '*/*', 'content-type': 'application/json' },
  },
  body: '{}',
  isFirstOrigin: true,
};

describe('nextHop', () => {
  it.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
    [301, 'PUT', 'PUT'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [302, 'HEAD', 'HEAD'],
  ])('after %i a %s becomes a %s', (status, method, becomes) => {
    const next = nextHop({ ...post, method }, status, '/two');
    expect(next).toMatchObject({ method: becomes, body: becomes === 'GET' ? null : '{}' });
    expect(next.headers['content-type']).toBe(becomes === 'GET' ? undefined : 'application/json');
    expect(next.url.href).toBe('https://a.example/two');
  });

  it('keeps what is secret within its origin', () => {
    const next = nextHop(post, 307, '?y=2');
    expect(next.headers).toEqual(post.headers);
    expect(next.isFirstOrigin).toBe(true);
  });

  it.each(['https://b.example/', 'http://a.example/', 'https://a.example:444/', '//user:pass@b.example/'])(
    'leaves what is secret behind on the way to %s, for good',
    (location) => {
      const next = nextHop(post, 307, location);
      expect(next.headers).toEqual({ accept: '*/*', 'content-type': 'application/json' });
      expect(next.url.username + next.url.password).toBe('');
      expect(nextHop(next, 307, 'https://a.example/one').isFirstOrigin).toBe(false);
    },
  );

  it('goes to http and https alone', () => {
    expect(() => nextHop(post, 302, 'file:///etc/passwd')).toThrow('a URL of file:');
    expect(() => nextHop(post, 302, 'http://[x')).toThrow('no URL');
  });
});

it('takes for a redirect what has a place to go to', () => {
  expect(isRedirect(302, '/x')).toBe(true);
  expect(isRedirect(302, undefined)).toBe(false);
  expect(isRedirect(304, '/x')).toBe(false);
  expect(isRedirect(200, '/x')).toBe(false);
});
