import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { Client } from '../../src/asynq/client.js';
import type { EnqueueTask } from '../../src/asynq/enqueue-task.js';
import { Inspector } from '../../src/asynq/inspector.js';
import { STATES, type State } from '../../src/asynq/inspector-views.js';
import { startedRedis } from '../support/servers/index.js';

export const HOUR = 3_600_000;
export const ALL = { number: 1, size: 100 };

export const newQueue = () => `inspector-${randomUUID()}`;
export const keyOf = (queue: string, rest: string) => `asynq:{${queue}}:${rest}`;
export const task = (queue: string, more: Partial<EnqueueTask> = {}) => ({
  id: randomUUID(),
  type: 'work',
  payload: Buffer.from([0xff, 0]),
  queue,
  ...more,
});

/** An inspector and a client in one database of the shared server, or of the one at `url`. */
export class Inspected {
  readonly damaged: [queue: string, id: string | null, reason: string][] = [];
  readonly client: Client;
  readonly inspector: Inspector;

  static async open(db: number, url?: string): Promise<Inspected> {
    return new Inspected(new Redis(url ?? (await startedRedis()).url, { db }));
  }

  private constructor(readonly redis: Redis) {
    this.client = new Client(redis);
    this.inspector = new Inspector(redis, (...each) => this.damaged.push(each));
  }

  async enqueued(queue: string, more: Partial<EnqueueTask> = {}) {
    const one = task(queue, more);
    expect(await this.client.enqueueMany([one])).toEqual(['enqueued']);
    return one;
  }

  /** A task of each state, as Asynq's workers leave it (the conformance tests have real ones). */
  async bring(state: State | 'aggregating', queue: string, more: Partial<EnqueueTask> = {}) {
    if (state === 'scheduled') return this.enqueued(queue, { ...more, processAt: Date.now() + HOUR });
    const one = await this.enqueued(queue, more);
    if (state === 'pending') return one;
    const { redis } = this;
    await redis.lrem(keyOf(queue, 'pending'), 0, one.id);
    await redis.hset(keyOf(queue, `t:${one.id}`), 'state', state);
    await redis.hdel(keyOf(queue, `t:${one.id}`), 'pending_since');
    if (state === 'aggregating') {
      await redis.hset(keyOf(queue, `t:${one.id}`), 'group', 'g');
      await redis.sadd(keyOf(queue, 'groups'), 'g');
      await redis.zadd(keyOf(queue, 'g:g'), 1, one.id);
      return one;
    }
    const at = Math.floor(Date.now() / 1000) + 60;
    if (state === 'active') await redis.lpush(keyOf(queue, 'active'), one.id);
    await redis.zadd(keyOf(queue, state === 'active' ? 'lease' : state), at, one.id);
    return one;
  }

  /** The states in whose lists the id lies. */
  async whereIs(queue: string, id: string): Promise<State[]> {
    const lists = await Promise.all(STATES.map((state) => this.inspector.list(queue, state, ALL)));
    return STATES.filter((_, i) => lists[i]?.some((each) => each.id === id));
  }

  /** What is published on the channel from now on; `stop` ends it. */
  async listen(channel: string): Promise<{ heard: string[]; stop: () => Promise<unknown> }> {
    const listener = this.redis.duplicate();
    const heard: string[] = [];
    await listener.subscribe(channel);
    listener.on('message', (_channel, message: string) => heard.push(message));
    return { heard, stop: () => listener.quit() };
  }
}
