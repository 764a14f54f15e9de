import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { FailureLines } from './failure-lines.js';

describe('FailureLines', () => {
  it('says each kind at once, then once a minute with a count', () => {
    const said: { code: string; msg: string }[] = [];
    const logger = pino({}, { write: (text: string) => void said.push(JSON.parse(text) as never) });
    let now = 0;
    const lines = new FailureLines(logger, () => now);
    for (let i = 0; i < 50; i++) lines.failed('error', 'A', 'It failed.', { routingKey: `k${i}` });
    lines.failed('warn', 'B', 'Other.', {});
    now = 60_000;
    lines.failed('error', 'A', 'It failed.', { routingKey: 'last' });
    expect(said.map(({ code, msg }) => [code, msg])).toEqual([
      ['A', 'It failed.'],
      ['B', 'Other.'],
      ['A', 'It failed. (50 such since the last line)'],
    ]);
  });
});
