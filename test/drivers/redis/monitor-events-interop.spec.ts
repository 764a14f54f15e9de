import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import type { MonitorEvents } from '../../../src/ports/monitor-events.port.js';
import { created, listening } from '../../contracts/monitor-events.contract.js';
import { eventually } from '../../support/eventually.js';
import { describeWithServers, startedRedis } from '../../support/servers/index.js';
import { counted, openEvents } from './monitor-events-parts.js';

const ID = '7a6f0f3e-50a5-4b64-9c5e-0b7c4f1f8d11';

describeWithServers(['redis'], 'monitor events and Peekaping', () => {
  let url: string;
  let raw: Redis;
  let prefix: string;
  let metrics: Registry;
  let lines: Record<string, unknown>[];
  let events: MonitorEvents;
  beforeAll(async () => {
    ({ url } = await startedRedis());
    raw = new Redis(url);
  });
  afterAll(() => raw.quit());
  beforeEach(async () => {
    prefix = `test:${randomUUID()}:`;
    metrics = new Registry();
    lines = [];
    events = await openEvents(url, { prefix, metrics, lines });
  });
  afterEach(() => events.close(5_000));

  it('understands what Peekaping publishes, each type on its channel', async () => {
    const heard = await listening(events);
    const monitor = `{"id":"${ID}","type":"http","name":"Wien ☕","interval":60,"active":true,"config":"{}"}`;
    await raw.publish(`${prefix}monitor.created`, `{"type":"monitor.created","payload":${monitor}}`);
    await raw.publish(`${prefix}monitor.updated`, `{"type":"monitor.updated","payload":${monitor}}`);
    await raw.publish(`${prefix}monitor.deleted`, `{"type":"monitor.deleted","payload":"${ID}"}`);
    await eventually(() => expect(heard.events).toHaveLength(3));
    expect(heard.events).toEqual([
      { type: 'monitor.created', monitor: JSON.parse(monitor) },
      { type: 'monitor.updated', monitor: JSON.parse(monitor) },
      { type: 'monitor.deleted', id: ID },
    ]);
    expect(await counted(metrics, 'received')).toBe(3);
  });

  it('publishes the same bytes on the same channels, from every database', async () => {
    const elsewhere = await openEvents(url, { prefix, variables: { REDIS_DB: '7' } });
    const subscriber = raw.duplicate();
    const heard: [string, string][] = [];
    subscriber.on('message', (channel: string, text: string) => heard.push([channel, text]));
    await subscriber.subscribe(
      ...['created', 'updated', 'deleted'].map((type) => `${prefix}monitor.${type}`),
    );
    const own = await listening(events);
    await elsewhere.publish({ type: 'monitor.created', monitor: { id: ID, name: 'Wien ☕' } });
    await elsewhere.publish({ type: 'monitor.updated', monitor: { id: ID } });
    await elsewhere.publish({ type: 'monitor.deleted', id: ID });
    await eventually(() => expect(heard).toHaveLength(3));
    expect(heard).toEqual([
      [`${prefix}monitor.created`, `{"type":"monitor.created","payload":{"id":"${ID}","name":"Wien ☕"}}`],
      [`${prefix}monitor.updated`, `{"type":"monitor.updated","payload":{"id":"${ID}"}}`],
      [`${prefix}monitor.deleted`, `{"type":"monitor.deleted","payload":"${ID}"}`],
    ]);
    await eventually(() => expect(own.ids).toEqual([ID, ID, ID]));
    await elsewhere.close(5_000);
    await subscriber.quit();
  });

  it('uses Peekaping’s own channels unless it is told otherwise', async () => {
    const standard = await openEvents(url);
    const heard = await listening(standard);
    const id = `test-${randomUUID()}`;
    await raw.publish('peekaping:events:monitor.deleted', `{"type":"monitor.deleted","payload":"${id}"}`);
    await eventually(() => expect(heard.ids).toContain(id));
    await standard.close(5_000);
  });

  it('listens to its channels while somebody wants to know, and says when it does not hear yet', async () => {
    const subscribers = async () => (await raw.pubsub('NUMSUB', `${prefix}monitor.created`))[1];
    const first = await listening(events);
    const second = await listening(events);
    expect(await subscribers()).toBe(1);
    first.end();
    expect([await subscribers(), events.trouble]).toEqual([1, null]);
    second.end();
    expect(events.trouble).toBeNull();
    await eventually(async () => expect(await subscribers()).toBe(0));
    const third = listening(events);
    expect(events.trouble).toMatchObject({ code: 'MONITOR_EVENTS_UNAVAILABLE' });
    await third;
    expect(events.trouble).toBeNull();
  });

  it('counts and logs what it cannot read, tells it as one gap, and hears what follows', async () => {
    const heard = await listening(events);
    const publish = (text: string) => raw.publish(`${prefix}monitor.updated`, text);
    for (let i = 0; i < 20; i++) await publish('secret nonsense');
    await publish(`{"type":"monitor.deleted","payload":"${ID}"}`);
    await publish(`{"type":"monitor.updated","payload":{"name":"secret"}}`);
    await publish(`{"type":"monitor.updated","payload":{"id":"${ID}","name":"${'x'.repeat(1_048_576)}"}}`);
    await events.publish(created('good'));
    await eventually(() => expect(heard.ids).toEqual(['good']));
    expect(heard.gaps).toHaveLength(1);
    await eventually(() => expect(heard.gaps).toHaveLength(2));
    expect(heard.gaps[1]).toBe(
      `a message could not be read: one on the channel ${prefix}monitor.updated is not a JSON object`,
    );
    const counts = ['not_json', 'other_type', 'no_id', 'too_large', 'received', 'published'];
    expect(await Promise.all(counts.map((result) => counted(metrics, result)))).toEqual([20, 1, 1, 1, 1, 1]);
    const told = lines.map(({ msg }) => String(msg)).filter((msg) => msg.includes('cannot be read'));
    expect(told).toEqual([
      `Messages about monitors cannot be read: one on the channel ${prefix}monitor.updated is not a JSON object.`,
    ]);
    expect(JSON.stringify([lines, heard.gaps])).not.toContain('secret');
  });
});
