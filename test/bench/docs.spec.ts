import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
// @ts-expect-error JavaScript without types
import * as bestUntyped from '../../bench/support/best-lines.mjs';
// @ts-expect-error JavaScript without types
import * as benchesUntyped from '../../bench/support/benches.mjs';

type Aim = [string, number, string, number];
const { bestLines } = bestUntyped as unknown as {
  bestLines: (kept: { name: string; report: { aims?: Aim[]; notRun?: string } }[], most?: number) => string[];
};
const { BENCHES, CHECKS } = benchesUntyped as unknown as Record<
  'BENCHES' | 'CHECKS',
  Record<string, unknown>
>;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFile(`${ROOT}/${path}`, 'utf8');

describe('the best lines', () => {
  it('are aims that were met, the one that is furthest above its own first', () => {
    const kept = [
      { name: 'startup', report: { notRun: 'no such tool' } },
      {
        name: 'queue',
        report: {
          aims: [
            ['enqueue, batches, to Go', 6, '>=', 5],
            ['consume, to Go', 1, '>=', 2],
            ['pickup p50, ms', 1, '<=', 10],
          ] as Aim[],
        },
      },
    ];
    const lines = bestLines(kept);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('1 ms (p50)');
    expect(lines[1]).toContain('6 times as fast');
    expect(bestLines(kept, 1)).toEqual(lines.slice(0, 1));
  });
});

describe('docs/benchmarks.md', () => {
  it('has every bench and check, and the README its best lines', async () => {
    const [page, readme] = await Promise.all([read('docs/benchmarks.md'), read('README.md')]);
    for (const name of [...Object.keys(BENCHES), ...Object.keys(CHECKS)])
      expect(page).toContain(`npm run bench -- ${name}`);
    const block = /<!-- best lines: [^\n]*\n([^]*?)<!-- end/.exec(readme)?.[1] ?? '';
    expect(block.split('\n').filter(Boolean).length).toBeGreaterThan(0);
    expect(page).toContain(block);
  });

  it('is of benches that there are: every file of bench is one of them', async () => {
    const files = (await readdir(`${ROOT}/bench`)).filter((file) => file.endsWith('.mjs'));
    const names = [...Object.keys(BENCHES), ...Object.keys(CHECKS), 'index'];
    expect(files.sort()).toEqual(names.map((name) => `${name}.mjs`).sort());
  });

  it('a bench that there is not is refused, and those that there are are named', async () => {
    const answer = new Promise<{ code: unknown; stderr: string }>((resolve) =>
      execFile(process.execPath, ['bench/index.mjs', 'nonsense'], { cwd: ROOT }, (error, _, stderr) =>
        resolve({ code: error?.code, stderr }),
      ),
    );
    const { code, stderr } = await answer;
    expect(code).toBe(64);
    for (const name of Object.keys(BENCHES)) expect(stderr).toContain(name);
  });
});
