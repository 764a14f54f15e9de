import { observerTrouble, outcomeOfError } from './outcome-of-error.js';
import { ResolverError, TargetForbiddenError } from './targets/target-net.js';

function coded(code: string, cause?: unknown): Error {
  return Object.assign(new Error(`something about ${code}`, { cause }), { code });
}

describe('outcomeOfError', () => {
  it.each([
    'ENOTFOUND',
    'ESERVFAIL',
    'ECONNREFUSED',
    'ECONNRESET',
    'EHOSTUNREACH',
    'ETIMEDOUT',
    'CERT_HAS_EXPIRED',
    'EPIPE',
  ])('blames the target for %s', (code) => {
    const { found, message } = outcomeOfError(coded(code), 'db.example:5432');
    expect({ found, message }).toEqual({
      found: 'down',
      message: expect.stringMatching(`^db\\.example:5432 .+ \\(${code}\\)\\.$`),
    });
    expect(observerTrouble(coded(code))).toBeNull();
  });

  it.each([
    ['EMFILE', 'sockets'],
    ['ENFILE', 'sockets'],
    ['ENOBUFS', 'sockets'],
    ['EADDRNOTAVAIL', 'sockets'],
    ['ENETDOWN', 'network'],
    ['ENETUNREACH', 'network'],
    ['EAI_AGAIN', 'dns'],
  ])('blames the observer for %s', (code, trouble) => {
    expect(outcomeOfError(coded(code))).toMatchObject({
      found: 'unknown',
      message: expect.stringContaining(code),
    });
    expect(observerTrouble(coded(code))).toBe(trouble);
  });

  it('knows its own errors, in their words', () => {
    const forbidden = new TargetForbiddenError('127.0.0.1 is forbidden: see CHECK_TARGETS.');
    expect(outcomeOfError(forbidden)).toMatchObject({ found: 'unknown', message: forbidden.message });
    expect(observerTrouble(forbidden)).toBe('policy');
    expect(observerTrouble(new ResolverError('no DNS'))).toBe('dns');
  });

  it('looks behind what clients wrap', () => {
    const wrapped = new Error('selection failed', {
      cause: new Error('network', { cause: coded('EMFILE') }),
    });
    expect(outcomeOfError(wrapped).found).toBe('unknown');
    expect(outcomeOfError(new Error('x', { cause: new ResolverError('no DNS') })).found).toBe('unknown');
  });

  it('needs one address that answered to blame the target', () => {
    const both = (...codes: string[]): Error => new AggregateError(codes.map((code) => coded(code)));
    expect(outcomeOfError(both('ENETUNREACH', 'ECONNREFUSED'))).toMatchObject({ found: 'down' });
    expect(outcomeOfError(both('ENETUNREACH', 'ENETUNREACH'))).toMatchObject({ found: 'unknown' });
  });

  it('takes the words of what it does not know, whatever was thrown', () => {
    expect(outcomeOfError(new Error('role "x" does not exist'))).toEqual({
      found: 'down',
      message: 'role "x" does not exist',
      latencyMs: null,
    });
    expect(outcomeOfError('words').message).toBe('words');
    expect(outcomeOfError(undefined).message).toBe('undefined');
    expect(outcomeOfError(new Error('')).message).toBe('It failed without a reason.');
    const circle = new Error('');
    circle.cause = circle;
    expect(outcomeOfError(circle).found).toBe('down');
  });

  it('blames nobody for a defect of our own', () => {
    expect(
      outcomeOfError(Object.assign(new Error('x is not defined'), { name: 'ReferenceError' })).found,
    ).toBe('unknown');
  });
});
