import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { created, listening, Recorder } from '../../contracts/monitor-events.contract.js';
import { eventually } from '../../support/eventually.js';
import { describeWithServers, startPrivateRedis, type RedisServer } from '../../support/servers/index.js';
import { openStore } from './idempotency-parts.js';
import { counted, openEvents } from './monitor-events-parts.js';

describeWithServers(['redis-private'], 'monitor events while Redis is away', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startPrivateRedis();
  });
  afterAll(() => server.release());

  it('tells one gap once all channels work again, and misses nothing after it', async () => {
    const metrics = new Registry();
    const events = await openEvents(server.url, { metrics });
    const [heard, second] = [await listening(events), await listening(events)];
    await events.publish(created('before'));
    await server.kill();
    await eventually(() => expect(events.trouble).toMatchObject({ code: 'MONITOR_EVENTS_UNAVAILABLE' }));
    expect(events.trouble?.message).toMatch(new RegExp(`^Redis at 127.0.0.1:${server.port} .*\\.$`));
    await expect(events.publish(created('lost'))).rejects.toMatchObject({
      code: 'MONITOR_EVENTS_UNAVAILABLE',
      retryable: true,
    });
    expect(await counted(metrics, 'publish_failed')).toBe(1);
    await expect(events.ping()).rejects.toMatchObject({ code: 'MONITOR_EVENTS_UNAVAILABLE' });
    await server.start();
    await eventually(() => expect(heard.gaps).toHaveLength(2));
    await eventually(() => events.publish(created('after')));
    await eventually(() =>
      expect([heard.ids, second.ids]).toEqual([
        ['before', 'after'],
        ['before', 'after'],
      ]),
    );
    expect(events.trouble).toBeNull();
    expect([heard.gaps.length, second.gaps.length]).toEqual([2, 2]);
    expect(await events.close(5_000)).toBeNull();
  }, 30_000);

  it('begins to listen when Redis comes, for who began before', async () => {
    await server.stop();
    const events = await openEvents(server.url);
    expect(events.trouble).toBeNull(); // nobody listens
    const heard = new Recorder();
    events.listen(heard);
    expect(events.trouble).toMatchObject({ code: 'MONITOR_EVENTS_UNAVAILABLE' });
    await server.start();
    await eventually(() => expect(heard.gaps).toHaveLength(1));
    await eventually(() => events.publish(created('a')));
    await eventually(() => expect(heard.ids).toEqual(['a']));
    expect(events.trouble).toBeNull();
    await events.close(5_000);
  }, 30_000);

  it('greets who comes meanwhile only when the channels work again', async () => {
    const events = await openEvents(server.url);
    const before = await listening(events);
    await server.kill();
    await eventually(() => expect(events.trouble).not.toBeNull());
    const newcomer = new Recorder();
    events.listen(newcomer);
    await new Promise(setImmediate);
    expect(newcomer.gaps).toEqual([]);
    await server.start();
    await eventually(() => expect([before.gaps.length, newcomer.gaps.length]).toEqual([2, 1]));
    await eventually(() => events.publish(created('after')));
    await eventually(() => expect(newcomer.ids).toEqual(['after']));
    expect(newcomer.gaps).toHaveLength(1);
    await events.close(5_000);
  }, 30_000);

  it('gives a silent Redis up, and tells the gap when it speaks again', async () => {
    const events = await openEvents(server.url, { variables: { REDIS_COMMAND_TIMEOUT_MS: '300' } });
    const heard = await listening(events);
    await server.pause();
    await expect(events.publish(created('unheard'))).rejects.toMatchObject({
      code: 'MONITOR_EVENTS_UNAVAILABLE',
    });
    await server.resume();
    await eventually(() => events.publish(created('heard')));
    await eventually(() => expect(heard.ids).toContain('heard'), 20_000);
    await events.close(5_000);
  }, 40_000);

  it('shares its connection for commands with the other ports of its process, and leaves it to them', async () => {
    const clients = async () => /connected_clients:(\d+)/.exec(await server.cli(['info', 'clients']))?.[1];
    const before = Number(await clients());
    const metrics = new Registry();
    const events = await openEvents(server.url, { metrics });
    const store = await openStore(server.url, { metrics });
    await listening(events);
    expect(Number(await clients()) - before).toBe(2); // commands, subscriptions
    await events.close(5_000);
    await expect(store.ping()).resolves.toBeUndefined();
    await store.close(5_000);
    await eventually(async () => expect(Number(await clients())).toBe(before));
  });

  it('ends while Redis is away, in time', async () => {
    const events = await openEvents(server.url);
    await listening(events);
    await server.kill();
    await expect(events.close(1_000)).resolves.toBeNull();
    await server.start();
  }, 30_000);
});
