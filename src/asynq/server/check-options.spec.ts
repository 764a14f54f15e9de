import { checkOptions } from './check-options.js';

describe('the options of a server', () => {
  it('are taken as they should be', () => {
    expect(() => checkOptions({ queues: { default: 1, low: 3 }, concurrency: 10 })).not.toThrow();
  });

  it.each([
    [{ queues: {}, concurrency: 1 }, /^queues must name/],
    [{ queues: { ' ': 1 }, concurrency: 1 }, /not blank/],
    [{ queues: { '\ud800': 1 }, concurrency: 1 }, /well-formed/],
    [{ queues: { low: 0 }, concurrency: 1 }, /^queues\.low must be/],
    [{ queues: { low: 1.5 }, concurrency: 1 }, /^queues\.low must be/],
    [{ queues: { low: 1 }, concurrency: 0 }, /^concurrency must be/],
    [{ queues: { low: 1 }, concurrency: NaN }, /^concurrency must be/],
  ])('%j are refused', (options, message) => {
    expect(() => checkOptions(options)).toThrow(message);
  });
});
