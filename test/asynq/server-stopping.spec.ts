import { wakeChannel } from '../../src/asynq/keys.js';
import { eventually } from '../support/eventually.js';
import { describeWithServers, startedRedis } from '../support/servers/index.js';
import { Held, openBench, type Bench } from './server-support.js';

describeWithServers(['redis'], 'the end of an Asynq server', () => {
  let bench: Bench;

  beforeEach(async () => {
    bench = openBench((await startedRedis()).url);
  });

  afterEach(() => bench.close());

  it('takes no more and waits for what is in hand', async () => {
    const held = new Held();
    await bench.enqueue(['a', 'b']);
    const server = bench.serve(held.handler, { concurrency: 1 });
    await eventually(() => expect(held.begun).toEqual(['a']));
    const stopped = server.stop(10_000);
    expect(server.stop(1)).toBe(stopped);
    held.release('a');
    expect(await stopped).toBe(0);
    expect(held.begun).toEqual(['a']);
    expect(await bench.redis.lrange(bench.keys.pending, 0, -1)).toEqual(['b']);
    expect(await bench.redis.exists(bench.keys.active)).toBe(0);
  });

  it('puts back to the head what is not done in time, uncounted, and says how many', async () => {
    const held = new Held();
    await bench.enqueue(['a', 'b', 'c', 'd']);
    const server = bench.serve(held.handler, { concurrency: 3 });
    await eventually(() => expect(held.begun).toHaveLength(3));
    const stopped = server.stop(400);
    held.release('b');
    expect(await stopped).toBe(2);
    expect(held.aborted.sort()).toEqual(['a', 'c']);
    const pending = await bench.redis.lrange(bench.keys.pending, 0, -1);
    expect(pending[0]).toBe('d');
    expect(pending.slice(1).sort()).toEqual(['a', 'c']);
    expect(await bench.redis.exists(bench.keys.active, bench.keys.lease)).toBe(0);
    expect(await bench.field('a', 'state')).toBe('pending');
    expect(await bench.redis.get(bench.keys.processed)).toBe('1');
    const next = new Held();
    bench.serve(next.handler);
    await eventually(() => expect(next.begun.slice().sort()).toEqual(['a', 'c', 'd']));
    held.releaseAll();
    next.releaseAll();
    await eventually(() =>
      expect(bench.told.settled.filter(({ outcome }) => outcome === 'done')).toHaveLength(4),
    );
  });

  it('tells other workers of what it put back', async () => {
    const held = new Held();
    await bench.enqueue(['a']);
    const server = bench.serve(held.handler);
    await eventually(() => expect(held.begun).toEqual(['a']));
    const heard: string[] = [];
    const listening = bench.redis.duplicate();
    await listening.subscribe(wakeChannel(0));
    listening.on('message', (_, queue) => heard.push(queue));
    try {
      await server.stop(0);
      await eventually(() => expect(heard).toContain(bench.queue));
    } finally {
      listening.disconnect();
    }
    held.releaseAll();
  });
});
