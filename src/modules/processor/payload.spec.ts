import { describe, expect, it } from '@jest/globals';
import { LONG_TEXT } from '../../core/long-json.js';
import { longPayloadText, payloadText } from './payload.js';

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

describe('longPayloadText', () => {
  const most = 2 * LONG_TEXT;
  const pad = 'é'.repeat(LONG_TEXT / 2);

  it('takes and refuses the same', async () => {
    const text = ` {"a": 1.0, "pad":"${pad}"} `;
    expect(await longPayloadText(Buffer.from(text), most)).toBe(text);
    await expect(longPayloadText(Buffer.from(`[${text},]`), most)).rejects.toMatchObject({
      code: 'PAYLOAD_NOT_JSON',
      message: `The payload is not JSON (character ${text.length + 2}).`,
    });
    const bytes = Buffer.from(text);
    await expect(longPayloadText(bytes, bytes.length - 1)).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
    });
    bytes[5] = 0xff;
    await expect(longPayloadText(bytes, most)).rejects.toMatchObject({ code: 'PAYLOAD_NOT_UTF8' });
  });
});
