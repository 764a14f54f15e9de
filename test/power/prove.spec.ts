import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const PROVE = fileURLToPath(new URL('../../scripts/prove.mjs', import.meta.url));

describe('npm run prove', () => {
  it.each([
    [[], 'one thing to prove: power'],
    [['sleep'], 'one thing to prove: power'],
    [['power', '--folder', '/does/not/exist'], '/does/not/exist is no folder'],
    [['power', '--seed', 'x'], '--seed is a whole number'],
    [['power', '--fast'], "Unknown option '--fast'"],
  ])('%j is refused, and the usage is shown', (args, why) => {
    const { status, stderr } = spawnSync(process.execPath, [PROVE, ...args], { encoding: 'utf8' });
    expect(status).toBe(64);
    expect(stderr).toContain(why);
    expect(stderr).toContain('Usage: npm run prove -- power');
  });
});
