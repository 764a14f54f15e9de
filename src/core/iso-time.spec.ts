import { describe, expect, it } from '@jest/globals';
import { isoTime } from './iso-time.js';

describe('isoTime', () => {
  it('writes each moment as it is, however they come back and share a place', () => {
    const start = Date.UTC(2026, 0, 31, 12);
    const moments = Array.from({ length: 400 }, (_, n) => start + ((n * 37) % 200));
    for (const at of moments) expect(isoTime(at)).toBe(new Date(at).toISOString());
    for (const at of [0, 64, 0, 128, 64]) expect(isoTime(at)).toBe(new Date(at).toISOString());
  });
});
