import { newMessage } from '../codec.js';
import { deadlineOf } from './attempt.js';

const NOW = 1_700_000_000_000;

describe('the end of an attempt', () => {
  it.each([
    [{ timeout: 300 }, NOW + 300_000],
    [{ deadline: 1_700_000_100 }, NOW + 100_000],
    [{ timeout: 300, deadline: 1_700_000_100 }, NOW + 100_000],
    [{ timeout: 30, deadline: 1_700_000_100 }, NOW + 30_000],
    [{}, NOW + 1_800_000],
    [{ timeout: -1, deadline: -1 }, NOW + 1_800_000],
  ])('of a task with %j', (limits, end) => {
    expect(deadlineOf({ ...newMessage(), ...limits }, NOW)).toBe(end);
  });
});
