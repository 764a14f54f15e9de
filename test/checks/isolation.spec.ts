import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { CheckProcesses } from '../../src/checks/isolation/check-processes.js';
import { observerTrouble } from '../../src/checks/outcome-of-error.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { logged, openPool, runOdd, stopPools } from '../support/odd-checks.js';

const START = 1_700_000_000_000;

afterEach(stopPools);

const slow = (pool: CheckProcesses, word: string, ms = 500) =>
  runOdd(pool, 'slow', { config: { word, ms }, id: word });
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

it('starts no child before a check needs one, and runs several in one', async () => {
  const pool = openPool();
  expect(pool.size).toBe(0);
  const outcomes = await Promise.all([runOdd(pool, 'pid'), runOdd(pool, 'pid'), slow(pool, 'a', 10)]);
  expect(outcomes[0].message).toBe(outcomes[1].message);
  expect(outcomes[0].message).not.toBe(String(process.pid));
  expect(outcomes[2]).toEqual({ found: 'up', message: 'a', latencyMs: 1 });
  expect(pool.size).toBe(1);
  await pool.stop();
  expect(pool.size).toBe(0);
  expect(isAlive(Number(outcomes[0].message))).toBe(false);
});

describe('a check that ends its child', () => {
  it.each([
    ['spin', 'did not respond for'],
    ['throw', 'ended by itself (exit code'],
    ['abort', 'ended by itself (SIGABRT)'],
    ['hog', 'used more than the 256 MB of WORKER_CHECK_PROCESS_MEMORY_MB'],
  ])(
    'by %s harms none of its neighbours, and is unknown with the reason',
    async (type, reason) => {
      const pool = openPool();
      let ticks = 0;
      const ticking = setInterval(() => (ticks += 1), 20);
      const begun = performance.now();
      await runOdd(pool, 'pid');
      const neighbours = ['a', 'b', 'c', 'd', 'e', 'f'].map((word) => slow(pool, word, 1_500));
      const errors: unknown[] = [];
      const odd = await runOdd(pool, type, { onError: (error) => errors.push(error) });
      expect(odd).toEqual({ found: 'unknown', message: expect.stringContaining(reason), latencyMs: null });
      // It says nothing of its target.
      expect(errors.map(observerTrouble)).toEqual(['defect']);
      const outcomes = await Promise.all(neighbours);
      clearInterval(ticking);
      expect(outcomes.map(({ found, message }) => found + message)).toEqual([
        'upa',
        'upb',
        'upc',
        'upd',
        'upe',
        'upf',
      ]);
      // This process went on: it cannot have stood still for the time that the child did.
      expect(ticks).toBeGreaterThan((performance.now() - begun) / 20 / 10);
      expect(logged('7 checks in it run again')).toHaveLength(1);
      expect(pool.trouble).toBeNull();
    },
    60_000,
  );

  it('gets a strike, runs alone from then on, and rests for an hour after the second', async () => {
    const clock = new ManualClock(START);
    let strikes = 0;
    const pool = openPool({ clock, onStrike: () => (strikes += 1) });
    await runOdd(pool, 'abort');
    const shared = (await runOdd(pool, 'pid')).message;
    await runOdd(pool, 'abort');
    // Its second strike took nobody else's child.
    expect((await runOdd(pool, 'pid')).message).toBe(shared);
    expect(strikes).toBe(2);
    expect(pool.resting()).toMatchObject([{ id: 'abort', until: START + 3_600_000 }]);
    expect(pool.trouble).toMatchObject({ code: 'CHECKS_REST', message: expect.stringContaining('abort') });
    const told = logged('is not checked until')[0]!.msg;
    expect(told).toContain('"name of abort" (abort) is not checked until 2023-11-14T23:13:20.000Z');
    expect(told).toContain('edit the config');

    const rested = await runOdd(pool, 'abort');
    expect(rested).toMatchObject({
      found: 'unknown',
      message: expect.stringContaining('Not checked until 2023-11-14T23'),
    });
    expect(strikes).toBe(2);

    await clock.advance(3_600_000);
    expect(pool.trouble).toBeNull();
    await runOdd(pool, 'abort');
    expect(strikes).toBe(3);
    expect(pool.resting()).toHaveLength(1);
  }, 60_000);

  it('is cleared by a check that the child survives, and by an edit of its config', async () => {
    const pool = openPool({ clock: new ManualClock(START) });
    for (let round = 0; round < 3; round += 1) {
      await runOdd(pool, 'abort', { id: 'm' });
      expect(await runOdd(pool, 'slow', { id: 'm', config: { word: 'well' } })).toMatchObject({
        found: 'up',
      });
    }
    expect(pool.resting()).toEqual([]);
    for (let round = 0; round < 2; round += 1) await runOdd(pool, 'abort', { id: 'n' });
    expect(pool.resting()).toHaveLength(1);
    expect((await runOdd(pool, 'abort', { id: 'n', config: { word: 'edited' } })).message).toContain(
      'alone in it',
    );
    expect(pool.resting()).toEqual([]);
  }, 60_000);

  it('in less time than a hang needs to be seen is unknown, and runs alone the next time', async () => {
    const pool = openPool();
    const shared = (await runOdd(pool, 'pid')).message;
    const short = await runOdd(pool, 'spin', { context: { timeoutMs: 300 } });
    expect(short).toMatchObject({ found: 'unknown', message: expect.stringContaining('no time was left') });
    await eventually(() => expect(isAlive(Number(shared))).toBe(false), 30_000);
    const next = (await runOdd(pool, 'pid')).message;
    await runOdd(pool, 'spin', { context: { timeoutMs: 300 } });
    await eventually(() => expect(logged('was alone')).not.toEqual([]), 30_000);
    expect((await runOdd(pool, 'pid')).message).toBe(next);
  }, 60_000);
});

it('a check that is down while another one held up its child runs again, alone', async () => {
  const pool = openPool();
  await runOdd(pool, 'pid');
  const blocked = runOdd(pool, 'block', { config: { ms: 700 } });
  // Alone, the delay is its own.
  expect(await blocked).toMatchObject({ found: 'unknown', message: expect.stringContaining('held up for') });
}, 60_000);

it('tells at the deadline what runCheck tells', async () => {
  const pool = openPool();
  await runOdd(pool, 'pid');
  const outcome = await runOdd(pool, 'slow', { config: { ms: 600_000 }, context: { timeoutMs: 1_000 } });
  expect(outcome).toEqual({ found: 'down', message: 'no answer within 1000 ms', latencyMs: null });
}, 60_000);

it('says so when no child can be started, and blames no monitor', async () => {
  const pool = openPool({ entry: new URL('data:text/javascript,process.exit(3)') });
  const broken = openPool({ entry: pathToFileURL('/nowhere/at/all.mjs') });
  for (const each of [pool, broken]) {
    const outcome = await runOdd(each, 'pid').catch((error: Error) => ({
      found: 'thrown',
      message: error.message,
    }));
    expect(outcome.found).toBe('unknown');
    expect(each.trouble).toMatchObject({ code: 'OBSERVER_ILL' });
    expect(each.resting()).toEqual([]);
  }
}, 60_000);

it('leaves no child behind when the parent is killed, also none that turns for ever', async () => {
  const parent = fileURLToPath(new URL('../support/odd-checks-parent.mjs', import.meta.url));
  const child = spawn(process.execPath, [parent], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pids: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    pids.push(...(JSON.parse(line) as number[]));
    break;
  }
  expect(pids.map(isAlive)).toEqual([true, true]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await eventually(() => expect(pids.map(isAlive)).toEqual([false, false]), 20_000);
}, 60_000);
