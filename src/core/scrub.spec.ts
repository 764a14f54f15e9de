import { AppError } from './errors.js';
import { rememberSecrets, scrub } from './scrub.js';
import { SECRET_MARKER as M } from './secret-text.js';

const SECRET = 'pa$$ w/ö"rd\\+1';

beforeAll(() => rememberSecrets([SECRET, 'swordfish', 'xyz', '']));

describe('a configured secret is in no message', () => {
  it.each([
    ['as it is', SECRET],
    ['percent-encoded', encodeURIComponent(SECRET)],
    ['as a form', encodeURIComponent(SECRET).replaceAll('%20', '+')],
  ])('%s', (_, form) => expect(scrub(`ERR unknown '${form}'`)).toBe(`ERR unknown '${M}'`));

  it.each(['', 'u:', 'me:', 'you:', '\0user\0', '\0me\0'])('in base64 after %j', (before) => {
    for (const after of ['', '!', '!!'])
      for (const encoding of ['base64', 'base64url'] as const) {
        const sent = Buffer.from(before + SECRET + after).toString(encoding);
        const told = scrub(`Basic ${sent} is refused`);
        expect(told).toContain(M);
        const left = told.replace('Basic ', '').replace(' is refused', '').split(M);
        for (const part of left) expect(part.length).toBeLessThan(16);
      }
  });

  it('when it is short, where it stands alone', () => {
    expect(scrub("login 'xyz' of xyzzy: (xyz)")).toBe(`login '${M}' of xyzzy: (${M})`);
  });

  it('and errors have none', () => {
    const error = new AppError('TARGET_REFUSED', 'said swordfish', { detail: 'swordfish again' });
    expect([error.message, error.detail]).toEqual([`said ${M}`, `${M} again`]);
    const url = 'https://h/?sig=abc';
    expect(new AppError('TARGET_REFUSED', `${url} is away`).message).toBe(`https://h/?sig=${M} is away`);
  });
});
