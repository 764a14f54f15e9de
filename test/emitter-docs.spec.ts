import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { appVariables } from '../src/config/app.variables.js';
import { emitOnceVariables } from '../src/config/emit-once.variables.js';
import { emitterVariables } from '../src/config/emitter.variables.js';
import { readEmitters } from '../src/config/read-emitters.js';

const read = (path: string) => readFile(new URL(`../${path}`, import.meta.url), 'utf8');
const PAGES = [
  'docs/emitter.md',
  'docs/coming-from-event-propagator.md',
  'docs/coming-from-inenpt-g1-producer.md',
];

describe('the documents of the emitter', () => {
  it('show an EMITTERS_FILE that is valid', async () => {
    const yaml = /```yaml\n([^]*?)```/.exec(await read('docs/emitter.md'))?.[1] ?? '';
    const folder = await mkdtemp(join(tmpdir(), 'carillon-docs-'));
    await writeFile(join(folder, 'emitters.yaml'), yaml);
    await writeFile(join(folder, 'expenses.json'), '[{"id":1}]');
    const [mistakes, warnings]: string[][] = [[], []];
    const env = {
      EMITTERS_FILE: join(folder, 'emitters.yaml'),
      REPORTS_TOKEN: 'token',
      REPORTS_SECRET: 'whsec_c2VjcmV0',
    };
    const reading = {
      runs: true,
      hasLeader: false,
      dataFolder: folder,
      mistakes: mistakes!,
      warnings: warnings!,
    };
    const settings = readEmitters(env, reading);
    expect([mistakes, warnings]).toEqual([[], []]);
    const kinds = settings?.emitters.map(({ name, target }) => [name, target.kind]);
    expect(kinds).toEqual([
      ['orders-report', 'http'],
      ['heartbeat', 'topic'],
      ['expenses-demo', 'exchange'],
    ]);
  });

  it.each(PAGES)('%s: every variable and every page that it names exists', async (page) => {
    const text = await read(page);
    const known = [appVariables, emitterVariables, emitOnceVariables].flatMap(({ shape }) =>
      Object.keys(shape),
    );
    const named = [
      ...text.matchAll(/`(EMIT[A-Z_]*[A-Z]|MAX_RETRIES|RETRY_DELAY|[A-Z]+_(?:ENDPOINT|PATH|CRON))\b/g),
    ];
    expect(named.length).toBeGreaterThan(0);
    expect(named.map(([, name]) => name).filter((name) => !known.includes(name as string))).toEqual([]);
    for (const [, path] of text.matchAll(/\]\((?!http)([^)#]+)/g)) await read(join('docs', path as string));
  });
});
