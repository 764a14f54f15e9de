import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MANAGEMENT_BODY } from '../../src/http/body-bounds.js';
import { get, post, startApp, type RunningApp } from '../support/app.js';
import { aMonitor } from '../support/monitors-app.js';

let app: RunningApp;
beforeAll(async () => {
  app = await startApp({ MONITORS_IMPORT_MAX: '1000' });
});
afterAll(() => app.stop());

function keys(count: number): string {
  return `{${Array.from({ length: count }, (_, i) => `"k${i}":1`).join(',')}}`;
}

describe('a monitor of an import', () => {
  const good = aMonitor();

  it.each([
    ['as an array', (items: string[]) => `[${items.join(' , ')}]`, 'application/json', 0],
    ['as lines', (items: string[]) => items.join('\n'), 'application/x-ndjson', 1],
  ])('%s is refused by itself where it is out of bounds', async (_, joined, type, first) => {
    const wide = { ...good, config: JSON.parse(keys(MANAGEMENT_BODY.keys)) as object };
    const deep = JSON.stringify(good).replace('{"host"', `{"x":${'['.repeat(300)}${']'.repeat(300)},"host"`);
    const long = { ...good, name: 'x'.repeat(MANAGEMENT_BODY.bytes) };
    const items = [JSON.stringify(good), JSON.stringify(wide), deep, JSON.stringify(long), 'null'];
    const { status, body } = await post(`${app.url}/monitors/import`, joined(items), {
      'content-type': type,
    });
    expect([status, body.created, body.failed]).toEqual([207, 1, 4]);
    expect(body.errors.map((each: Record<string, number>) => each.index ?? each.line)).toEqual(
      [1, 2, 3, 4].map((at) => at + first),
    );
    expect(body.errors.map(({ error }: { error: { code: string } }) => error.code)).toEqual([
      'BODY_TOO_COMPLEX',
      'BODY_TOO_COMPLEX',
      'BODY_TOO_LARGE',
      'VALIDATION_FAILED',
    ]);
  });

  it('with a key as long as itself does not come back in the answer', async () => {
    const long = `{"${'k'.repeat(200_000)}":1}`;
    const { status, text, body } = await post(
      `${app.url}/monitors/import`,
      `[${Array(20).fill(long).join(',')}]`,
    );
    expect([status, body.failed]).toEqual([422, 20]);
    expect(text.length).toBeLessThan(50_000);
  });

  it('has a config that is measured, as a text too', async () => {
    const config = `{"a":[${'1,'.repeat(50_000)}1]}`;
    const { status, body } = await post(`${app.url}/monitors`, { ...good, config });
    expect([status, body.code]).toEqual([422, 'VALIDATION_FAILED']);
  });

  it('lets others be served while thousands of its kind are read', async () => {
    const wide = JSON.stringify({ ...good, config: undefined }).replace('}', `,${keys(900).slice(1)}`);
    let isOver = false;
    let turns = 0;
    const counting = (async () => {
      for (; !isOver; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    })();
    const { body } = await post(`${app.url}/monitors/import`, `[${Array(200).fill(wide).join(',')}]`);
    isOver = true;
    await counting;
    expect(body.failed).toBe(200);
    // Each of the 200 takes longer than a slice's share; without pauses all of them are one turn.
    expect(turns).toBeGreaterThan(30);
  });

  it('may be one of many: the bound on keys is not for the whole', async () => {
    const many = Array.from({ length: 900 }, (_, i) =>
      aMonitor({ name: `${'n'.repeat(100)}${i}`, tags: ['a', 'b', 'c'] }),
    );
    const text = JSON.stringify(many).replaceAll('"active"', `${' '.repeat(200)}"active"`);
    expect(text.length).toBeGreaterThan(MANAGEMENT_BODY.bytes);
    const { status, body } = await post(`${app.url}/monitors/import`, text);
    expect([status, body.created]).toEqual([200, 900]);
  });

  it('changes nothing where a later one is no JSON', async () => {
    const before = (await get(`${app.url}/monitors?limit=1000`)).body.monitors.length;
    const text = `[${Array(900)
      .fill(JSON.stringify(good))
      .join(`,${' '.repeat(300)}`)},{"name":]`;
    const { status, body } = await post(`${app.url}/monitors/import`, text);
    expect([status, body.code]).toEqual([400, 'MALFORMED_JSON']);
    expect((await get(`${app.url}/monitors?limit=1000`)).body.monitors).toHaveLength(before);
  });
});
