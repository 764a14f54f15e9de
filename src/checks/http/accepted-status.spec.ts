import { isAccepted, isStatusPattern } from './accepted-status.js';

it.each([
  [200, ['2XX'], true],
  [299, ['2xx'], true],
  [301, ['2XX'], false],
  [404, ['2XX', '404'], true],
  [405, ['404'], false],
  [299, ['200-299'], true],
  [300, ['200 - 299'], false],
  [503, ['5XX'], true],
])('takes %i with %j: %s', (status, patterns, accepted) => {
  expect(isAccepted(status, patterns)).toBe(accepted);
});

it.each(['2X', 'XX', '6XX', '20', '2000', '200-', '*', ''])('knows no pattern %j', (text) => {
  expect(isStatusPattern(text)).toBe(false);
});
