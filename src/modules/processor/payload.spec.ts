import { describe, expect, it } from '@jest/globals';
import { payloadText } from './payload.js';

const code = (body: Buffer, maxBytes = 100): unknown => {
  try {
    return payloadText(body, maxBytes);
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('payloadText', () => {
  it.each(['{"a": 1.0}', '[]', '"x"', '0', 'null', 'true', ' 12345678901234567890 ', '{"é":"\\u00e9"}'])(
    'takes any JSON value as it was written: %s',
    (text) => expect(code(Buffer.from(text))).toBe(text),
  );

  it.each(['', ' ', 'nul', '{"a":', "{'a':1}", '\uFEFF{}', 'NaN', '{} {}'])('refuses %j', (text) =>
    expect(code(Buffer.from(text))).toBe('PAYLOAD_NOT_JSON'),
  );

  it('refuses what is no UTF-8 or too long', () => {
    expect(code(Buffer.from([0x22, 0xff, 0x22]))).toBe('PAYLOAD_NOT_UTF8');
    expect(code(Buffer.from('"12345678"'), 9)).toBe('MESSAGE_TOO_LARGE');
    expect(code(Buffer.from('"1234567"'), 9)).toBe('"1234567"');
  });

  it('tells the place, never the payload', () => {
    expect(() => payloadText(Buffer.from('{"password": hunter2}'), 100)).toThrow(
      /^The payload is not JSON( \(character \d+\))?\.$/,
    );
  });
});
