import { fatesAfterClose } from './lane-fates.js';

const closed = (code: number, words: string) =>
  Object.assign(new Error(`Channel closed by server: ${code} (X) with message "${words}"`), { code });

describe('fatesAfterClose', () => {
  it('knows nothing of any when the connection was lost', () => {
    expect(fatesAfterClose(undefined, [1, 2])).toEqual(['lost', 'lost']);
  });

  it('knows that what follows a message of too many bytes was not handled', () => {
    const words = 'PRECONDITION_FAILED - message size 30 is larger than configured max size 20';
    expect(fatesAfterClose(closed(406, words), [20, 30, 5, 40])).toEqual([
      'lost',
      'too-large',
      'unsent',
      'unsent',
    ]);
  });

  it('knows that the only one in flight is the one that found no exchange', () => {
    const error = closed(404, "NOT_FOUND - no exchange 'x' in vhost '/'");
    expect(fatesAfterClose(error, [1])).toEqual(['unsent']);
    expect(fatesAfterClose(error, [1, 1])).toEqual(['lost', 'lost']);
    expect(fatesAfterClose(closed(406, 'PRECONDITION_FAILED - something else'), [1])).toEqual(['lost']);
  });
});
