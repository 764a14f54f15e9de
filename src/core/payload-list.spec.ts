import { describe, expect, it } from '@jest/globals';
import { AppError } from './errors.js';
import {
  checkPayloadFile,
  MOST_PAYLOAD_BYTES,
  MOST_PAYLOAD_FILES_BYTES,
  payloadBounds,
  PayloadList,
  unreadable,
} from './payload-list.js';

function list(text: string | Uint8Array): string[] {
  const bytes = Buffer.from(text);
  const payloads = new PayloadList(bytes, payloadBounds(bytes, 'p.json'));
  return Array.from({ length: payloads.length }, (_, index) => payloads.at(index));
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect([error instanceof AppError, (error as AppError).code]).toEqual([true, 'PAYLOAD_FILE_UNUSABLE']);
    return (error as AppError).message;
  }
  throw new Error('nothing was refused');
}

describe('a payload file', () => {
  it('keeps each element byte for byte', () => {
    const elements = [
      '{"id":1234567890123456789,"x":1.0}',
      '{ "a" : [1, {"b":"]}"}] }',
      '{"é":"\\u00e9\\ud800 \u{1f600}"}',
      '{}',
    ];
    expect(list(` [${elements.join(' ,\n')}]\n`)).toEqual(elements);
    expect(list(`\ufeff [${elements.join()}]`)).toEqual(elements);
  });

  it.each<[string | Uint8Array, string]>([
    ['', 'Payload file contains invalid JSON: p.json'],
    ['[{"a":1},]', 'Payload file contains invalid JSON: p.json'],
    ['[{"a":1}', 'Payload file contains invalid JSON: p.json'],
    ['[{"a":1}] x', 'Payload file contains invalid JSON: p.json'],
    [Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d), 'Payload file contains invalid JSON: p.json'],
    ['{"a":[]}', 'Payload file must be a JSON array'],
    ['null', 'Payload file must be a JSON array'],
    ['"[{}]"', 'Payload file must be a JSON array'],
    [' [ ] ', 'Payload file is empty'],
    ['[{},1]', 'Each payload must be a JSON object'],
    ['[{},[{}]]', 'Each payload must be a JSON object'],
    ['[null]', 'Each payload must be a JSON object'],
  ])('refuses %p in the words of the contract', (text, message) => {
    expect(refusal(() => list(text))).toBe(message);
  });

  it('says why there is no such file', () => {
    const because = (code: string) => unreadable(Object.assign(new Error('x'), { code }), 'p.json').message;
    expect(because('ENOENT')).toBe('Payload file not found: p.json');
    expect(because('EACCES')).toBe('Payload file cannot be read (EACCES): p.json');
    const check = (isFile: boolean, size: number | bigint, otherBytes = 0) =>
      checkPayloadFile({ isFile: () => isFile, size }, 'p.json', otherBytes);
    expect(refusal(() => check(false, 1))).toBe('Payload file is not a regular file: p.json');
    expect(refusal(() => check(true, BigInt(MOST_PAYLOAD_BYTES) + 1n))).toBe(
      'Payload file is larger than 8 MiB: p.json',
    );
    expect(refusal(() => check(true, 2, MOST_PAYLOAD_FILES_BYTES - 1))).toBe(
      'Payload file makes all payload files together larger than 64 MiB: p.json',
    );
    expect(() => check(true, 1n, MOST_PAYLOAD_FILES_BYTES - 1)).not.toThrow();
    expect(() => check(true, MOST_PAYLOAD_BYTES)).not.toThrow();
  });
});
