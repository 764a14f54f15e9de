import { defaultRetryDelayMs } from './retry-delay.js';

describe('the delay before the next attempt', () => {
  it.each([
    [1, 15_000, 44_000],
    [2, 16_000, 74_000],
    [3, 31_000, 118_000],
    [25, 331_791_000, 332_516_000],
  ])('after failure %d lies from %d to %d ms', (failures, least, most) => {
    expect(defaultRetryDelayMs(failures, () => 0)).toBe(least);
    expect(defaultRetryDelayMs(failures, () => 0.999)).toBe(most);
  });
});
