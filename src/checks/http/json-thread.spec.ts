import { JsonThread } from './json-thread.js';
import type { JsonQuestion } from './json-query.js';

const ask = (query: string, body: unknown = { a: [1, 2, 3] }): JsonQuestion => ({
  text: JSON.stringify(body),
  query,
  condition: '==',
  expected: '6',
});

/** Backtracks for longer than anybody waits. */
const ENDLESS = '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)';

describe('JsonThread', () => {
  it('ends a query that never ends, refuses it for a while, and goes on with others', async () => {
    const thread = new JsonThread(300);
    const slow = thread.ask(ask(ENDLESS), 10_000);
    const behind = thread.ask(ask('$sum(a)'), 10_000);
    await expect(slow).rejects.toThrow('takes longer than 300 ms');
    expect(await behind).toMatchObject({ holds: true });
    await expect(thread.ask(ask(ENDLESS), 10_000)).rejects.toThrow('took too long a short time ago');
    expect(await thread.ask(ask('$max(a) * 2'), 10_000)).toMatchObject({ holds: true });
  });

  it('ends one that wants all the memory', async () => {
    const thread = new JsonThread(15_000);
    await expect(
      thread.ask(ask('($f := function($s) { $f($s & $s) }; $f("xxxxxxxxxxxxxxxx"))'), 15_000),
    ).resolves.toMatchObject({ holds: false });
    expect(await thread.ask(ask('$sum(a)'), 10_000)).toMatchObject({ holds: true });
  });

  it('does not wait for longer than the check has', async () => {
    const thread = new JsonThread(2000);
    const slow = thread.ask(ask(ENDLESS), 10_000).catch((error: Error) => error.message);
    await expect(thread.ask(ask('$sum(a)'), 50)).rejects.toThrow('no time left');
    expect(await slow).toContain('longer than 2000 ms');
  });

  it('bounds the steps of a path: of a long one by its body, of an unkind body at all', async () => {
    const thread = new JsonThread();
    const long = ask(Array(2_000).fill('a').join('.'), Array(32_000).fill(0));
    expect(await thread.ask(long, 10_000)).toMatchObject({ holds: false });
    const depth = 1_500;
    const nested = `${'['.repeat(depth)}${Array(6_000).fill('{"a":1}').join(',')}${']'.repeat(depth)}`;
    const unkind = { ...ask('a'), text: nested };
    expect(unkind.text.length).toBeLessThan(64 * 1024);
    await expect(thread.ask(unkind, 10_000)).rejects.toThrow('too many steps');
  });

  it('reads a large body there', async () => {
    const thread = new JsonThread();
    const large = { a: [1, 2, 3], pad: 'x'.repeat(500_000), n: 6 };
    expect(await thread.ask(ask('n', large), 10_000)).toMatchObject({ holds: true });
  });
});
