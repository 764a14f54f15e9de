import { readErrorOf } from './append-errors.js';
import { askErrorOf, writeErrorOf } from './exchange-errors.js';
import { Trouble } from './trouble.js';

const died = new Trouble('died', 'the worker ended');

describe('errors of trouble with the worker', () => {
  it('does not know what became of a write', () => {
    expect(writeErrorOf(died)).toMatchObject({ code: 'OUTCOME_UNKNOWN', retryable: false });
  });

  it.each([
    ['log', readErrorOf(died), 'RECORD_LOG_UNAVAILABLE'],
    ['exchange', askErrorOf(died), 'EXCHANGE_UNAVAILABLE'],
  ])('lets a question to the %s be asked again, and says why', (who, error, code) => {
    expect(error).toMatchObject({ code, retryable: true });
    expect(error.message).toBe(`The embedded ${who} cannot do this now: the worker ended.`);
  });
});
