import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { transform } from '@swc/core';
import { datetimeMessage } from './datetime-message.js';

const run = promisify(execFile);

/** The datetimes that a process in this zone makes: Jest's own zone cannot be changed. */
async function inZone(zone: string, times: readonly string[]): Promise<string[]> {
  const source = await readFile(new URL('datetime-message.ts', import.meta.url), 'utf8');
  const { code } = await transform(source, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
  const ask = `console.log(JSON.stringify(${JSON.stringify(times)}.map((at) => JSON.parse(datetimeMessage(Date.parse(at), 'test')).datetime)))`;
  const args = ['--input-type=module', '-e', `${code}\n${ask}`];
  const { stdout } = await run(process.execPath, args, { env: { TZ: zone }, timeout: 15_000 });
  return JSON.parse(stdout) as string[];
}

describe('datetimeMessage', () => {
  it('is the body of the contract', () => {
    const at = Date.UTC(2026, 0, 31, 23, 59, 59, 999);
    expect(datetimeMessage(at, 'prod', 60)).toBe(
      '{"datetime":"2026-02-01T00:59:59+01:00","environment":"prod"}',
    );
    expect(datetimeMessage(at, 'prod', 0)).toContain('"2026-01-31T23:59:59+00:00"');
    expect(datetimeMessage(at, 'prod', -0)).toContain('"2026-01-31T23:59:59+00:00"');
    expect(datetimeMessage(at, 'prod', -210)).toContain('"2026-01-31T20:29:59-03:30"');
    expect(datetimeMessage(at, 'prod', -30)).toContain('"2026-01-31T23:29:59-00:30"');
    expect(datetimeMessage(at, 'prod', 845)).toContain('"2026-02-01T14:04:59+14:05"');
  });

  it.each<[string, string[], string[]]>([
    [
      'Europe/Vienna',
      ['2026-03-29T00:59:59Z', '2026-03-29T01:00:00Z', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'],
      [
        '2026-03-29T01:59:59+01:00',
        '2026-03-29T03:00:00+02:00',
        '2026-10-25T02:30:00+02:00',
        '2026-10-25T02:30:00+01:00',
      ],
    ],
    [
      'Australia/Lord_Howe',
      ['2026-04-04T14:59:59Z', '2026-04-04T15:00:00Z'],
      ['2026-04-05T01:59:59+11:00', '2026-04-05T01:30:00+10:30'],
    ],
    ['America/St_Johns', ['2026-07-01T00:00:00Z'], ['2026-06-30T21:30:00-02:30']],
    ['Asia/Kathmandu', ['2026-07-01T00:00:00Z'], ['2026-07-01T05:45:00+05:45']],
    ['UTC', ['2026-07-01T00:00:00Z'], ['2026-07-01T00:00:00+00:00']],
  ])('is local time in %s, over daylight saving', async (zone, times, expected) => {
    const found = await inZone(zone, times);
    expect(found).toEqual(expected);
    expect(found.map((text) => Date.parse(text))).toEqual(times.map((text) => Date.parse(text)));
  });
});
