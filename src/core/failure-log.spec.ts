import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { FailureLog } from './failure-log.js';

describe('FailureLog', () => {
  it('says a failure at its start, once a minute with a count, and at its end', () => {
    const lines: string[] = [];
    const logger = pino(
      {},
      { write: (line: string) => lines.push((JSON.parse(line) as { msg: string }).msg) },
    );
    let now = 0;
    const log = new FailureLog(logger, 'Kafka does not answer', () => now);
    log.succeeded();
    for (; now <= 125_000; now += 1000) log.failed(new Error('refused'), 'Start it.');
    log.succeeded();
    log.succeeded();
    expect(lines).toEqual([
      'Kafka does not answer: refused. Start it.',
      'Kafka does not answer (61 times in 60 s): refused. Start it.',
      'Kafka does not answer (121 times in 120 s): refused. Start it.',
      'Kafka does not answer: over after 126 s and 126 failures.',
    ]);
  });

  it('is calm when nothing has failed for so long', () => {
    const lines: string[] = [];
    const logger = pino(
      {},
      { write: (line: string) => lines.push((JSON.parse(line) as { msg: string }).msg) },
    );
    let now = 0;
    const log = new FailureLog(logger, 'Ticks are late', () => now);
    log.calm(0);
    for (now = 1000; now <= 5000; now += 1000) log.failed('by a second');
    now = 65_000;
    log.calm(60_000);
    expect(lines).toEqual(['Ticks are late: by a second.']);
    now = 65_001;
    log.calm(60_000);
    log.calm(60_000);
    expect(lines.slice(1)).toEqual(['Ticks are late: over after 64 s and 5 failures.']);
  });
});
