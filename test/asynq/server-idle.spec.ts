import { setTimeout as delay } from 'node:timers/promises';
import { queueKeys } from '../../src/asynq/keys.js';
import { eventually } from '../support/eventually.js';
import { describeWithServers, startPrivateRedis, type RedisServer } from '../support/servers/index.js';
import { openBench, type Bench } from './server-support.js';

/** Rounds of all loops but the recoverer's begin and end in it as often as they should on average. */
const SECONDS = 20;
const LATER = 3_600_000;

interface Idle {
  bench: Bench;
  server: RedisServer;
  queues: string[];
}

/** What lies in the three queues of a server that has nothing to do. */
const CASES: Record<string, (idle: Idle) => Promise<unknown>> = {
  'one scheduled task, one completed': async ({ bench, queues: [a, b] }) => {
    await bench.enqueue(['later'], { queue: a, processAt: Date.now() + LATER });
    await bench.enqueue(['kept'], { queue: b, retentionMs: LATER });
    await eventually(() => expect(bench.told.settled).toHaveLength(1));
  },
  'scheduled, retried and completed tasks in each': async ({ bench, queues }) => {
    for (const name of queues)
      for (const set of ['scheduled', 'retry', 'completed'] as const)
        await bench.redis.zadd(queueKeys(name)[set], Math.floor((Date.now() + LATER) / 1000), 'x');
  },
  'a pending task in one that is paused': async ({ bench, queues: [a] }) => {
    await bench.redis.set(queueKeys(a!).paused, '1');
    await bench.enqueue(['waits'], { queue: a });
  },
};

describeWithServers(['redis-private'], 'an Asynq server that has nothing to do', () => {
  const opened: Idle[] = [];

  afterAll(async () => {
    for (const { bench, server } of opened) {
      await bench.close();
      await server.release();
    }
  });

  async function open(): Promise<Idle> {
    const server = await startPrivateRedis();
    const bench = openBench(server.url);
    const idle = { bench, server, queues: ['a', 'b', 'c'].map((name) => `${bench.queue}-${name}`) };
    opened.push(idle);
    return idle;
  }

  /** All that Redis ran, what scripts call included, this question aside. */
  async function commandsRun({ bench }: Idle): Promise<number> {
    const lines = await bench.redis.info('commandstats');
    const calls = [...lines.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)];
    return calls.filter(([, name]) => name !== 'info').reduce((sum, [, , count]) => sum + Number(count), 0);
  }

  async function commandsPerSecond(prepare: (idle: Idle) => Promise<unknown>): Promise<number> {
    const idle = await open();
    const [a, b, c] = idle.queues as [string, string, string];
    idle.bench.serve(() => Promise.resolve({ kind: 'done' }), {
      queues: { [a]: 6, [b]: 3, [c]: 1 },
      times: undefined,
    });
    await prepare(idle);
    await delay(4_000); // until its rests are the longest
    const before = await commandsRun(idle);
    await delay(SECONDS * 1_000);
    return ((await commandsRun(idle)) - before) / SECONDS;
  }

  it('costs under 5 Redis commands a second, all loops and all that scripts call together', async () => {
    const measured = await Promise.all(
      Object.entries(CASES).map(async ([name, prepare]) => ({
        name,
        rate: await commandsPerSecond(prepare),
      })),
    );
    for (const each of measured) expect(each.rate).toBeGreaterThan(0.5);
    expect(measured.filter(({ rate }) => rate >= 5)).toEqual([]);
  }, 60_000);
});
